-- Grain: one row per month and channel: what was spent to win buyers: media of campaigns for it, or
-- of no known purpose, by platform; other costs of such campaigns, by the campaign's channel.
with campaigns as (
    select
        campaign_key,
        channel,
        coalesce({{ one_of('purpose', var('acquisition_purposes')) }}, false) as is_acquisition,
        purpose is null as is_unknown
    from {{ ref('dim_campaigns') }}
),

media as (
    select
        cast({{ dbt.date_trunc('month', 'stats.stat_date') }} as date) as month,
        coalesce(stats.platform, 'unknown') as channel,
        stats.spend as amount
    from {{ ref('fct_ad_stats') }} as stats
    left join campaigns
        on stats.campaign_key = campaigns.campaign_key
    where coalesce(campaigns.is_acquisition or campaigns.is_unknown, true)
),

costs as (
    select
        cast({{ dbt.date_trunc('month', 'costs.cost_date') }} as date) as month,
        coalesce(campaigns.channel, 'unknown') as channel,
        costs.amount
    from {{ ref('fct_campaign_costs') }} as costs
    inner join campaigns
        on costs.campaign_key = campaigns.campaign_key
    where campaigns.is_acquisition
),

together as (
    select * from media
    union all
    select * from costs
)

select
    month,
    channel,
    sum(amount) as spend
from together
group by month, channel
