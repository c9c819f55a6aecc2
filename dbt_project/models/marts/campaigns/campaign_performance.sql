-- Grain: one row per campaign (variant ALL), one per variant, and one per variant and step of
-- the sequence. Counts are of unique customers; rates are over delivered. What ad platforms count
-- stands on the campaign's row: nobody knows who saw an ad.
{% set names = [
    'sent', 'delivered', 'opened', 'clicked', 'bounced', 'unsubscribed', 'complained', 'redeemed'
] -%}
with reactions as (
    select * from {{ ref('int_campaign_reactions') }}
),

-- Who was meant to get the campaign, and who was held out; a step has no list of its own.
pulls as (
    select
        campaign_id,
        coalesce(variant, '(none)') as variant,
        bucket,
        customer_id
    from {{ ref('fct_audience_pulls') }}
    where
        campaign_id is not null
        and customer_id is not null
        and not is_in_both_arms
),

lists as (
    select
        campaign_id,
        case when grouping(variant) = 1 then 'ALL' else variant end as variant,
        count(distinct case when bucket = 'list' then customer_id end) as targeted,
        count(distinct case when bucket = 'holdout' then customer_id end) as held_out
    from pulls
    group by grouping sets ((campaign_id), (campaign_id, variant))
),

campaigns as (
    select * from {{ ref('dim_campaigns') }}
),

ads as (
    select
        coalesce(campaigns.source_system, stats.source_system) as source_system,
        coalesce(campaigns.campaign_id, stats.campaign_id) as campaign_id,
        sum(stats.impressions) as impressions,
        sum(stats.reach) as reach,
        sum(stats.clicks) as ad_clicks
    from {{ ref('fct_ad_stats') }} as stats
    left join campaigns
        on stats.campaign_key = campaigns.campaign_key
    group by
        coalesce(campaigns.source_system, stats.source_system),
        coalesce(campaigns.campaign_id, stats.campaign_id)
),

lines as (
    select
        source_system,
        campaign_id,
        variant,
        step
    from reactions
    union
    select
        source_system,
        campaign_id,
        'ALL' as variant,
        cast(null as bigint) as step
    from ads
    union
    select
        campaigns.source_system,
        lists.campaign_id,
        lists.variant,
        cast(null as bigint) as step
    from lists
    inner join campaigns
        on lists.campaign_id = campaigns.campaign_id
)

select
    lines.campaign_id,
    lines.source_system,
    campaigns.name as campaign_name,
    lines.variant,
    lines.step,
    lists.targeted,
    lists.held_out,
    cast(ads.impressions as bigint) as impressions,
    cast(ads.reach as bigint) as reach,
    cast(ads.ad_clicks as bigint) as ad_clicks,
    {% for name in names -%}
    cast(coalesce(reactions.{{ name }}, 0) as bigint) as {{ name }},
    {% endfor -%}
    {{ ratio('reactions.opened', 'reactions.delivered') }} as open_rate,
    {{ ratio('reactions.clicked', 'reactions.delivered') }} as click_rate,
    {{ ratio('reactions.unsubscribed', 'reactions.delivered') }} as unsubscribe_rate,
    {{ ratio('reactions.complained', 'reactions.delivered') }} as complaint_rate,
    {{ ratio('ads.ad_clicks', 'ads.impressions') }} as clicks_per_impression
from lines
left join reactions
    on
        lines.source_system = reactions.source_system
        and lines.campaign_id = reactions.campaign_id
        and lines.variant = reactions.variant
        and lines.step is not distinct from reactions.step
left join lists
    on
        lines.campaign_id = lists.campaign_id
        and lines.variant = lists.variant
        and lines.step is null
left join campaigns
    on
        lines.source_system = campaigns.source_system
        and lines.campaign_id = campaigns.campaign_id
left join ads
    on
        lines.source_system = ads.source_system
        and lines.campaign_id = ads.campaign_id
        and lines.variant = 'ALL'
