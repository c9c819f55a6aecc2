-- Grain: one row per campaign, platform and day of paid media before as_of; what it cost is in the
-- reporting currency.
with stats as (
    select * from {{ ref('stg_ad_stats') }}
    where stat_date < {{ as_of_date() }}
),

rated as (
    select
        stats.*,
        {{ rate_of('stats') }} as fx_rate,
        {{ rate_day('stats', 'stat_date') }} as fx_date
    from stats
    {{ join_rates('stats', 'stat_date') }}
)

select
    {{ natural_key(
        ['stats.source_system', 'stats.campaign_id', 'stats.platform_id',
         'cast(stats.stat_date as string)']
    ) }} as ad_stat_key,
    stats.source_system,
    stats.campaign_id,
    {{ found('campaign_id', 'campaign_key') }} as campaign_key,
    stats.platform,
    stats.stat_date,
    cast(stats.impressions as bigint) as impressions,
    cast(stats.reach as bigint) as reach,
    cast(stats.clicks as bigint) as clicks,
    stats.spend as spend_original,
    stats.currency,
    stats.fx_rate,
    stats.fx_date,
    stats.fx_rate is null as is_fx_missing,
    {{ converted('stats.spend', 'stats.fx_rate') }} as spend
from rated as stats
{{ find('stats', 'dim_campaigns', 'campaign_id', 'campaign_key') }}
