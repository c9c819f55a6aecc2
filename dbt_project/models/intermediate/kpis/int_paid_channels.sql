-- Grain: one row per channel of paid media.
select media_channel as channel from {{ ref('media_channels') }}
union
select platform as channel from {{ ref('fct_ad_stats') }}
where platform is not null
