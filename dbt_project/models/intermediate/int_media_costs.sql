-- Grain: one row per month, channel of orders (ALL where the media has none of its own) and kind of
-- media: what was spent on media without an address. That is what ad platforms bill, and costs of
-- campaigns that delivered no message.
with deliveries as (
    select distinct campaign_key from {{ ref('fct_campaign_messages') }}
    where event_type = 'delivered'
),

spent as (
    select
        stat_date as cost_date,
        platform as media_channel,
        spend as amount
    from {{ ref('fct_ad_stats') }}
    union all
    select
        costs.cost_date,
        campaigns.channel as media_channel,
        costs.amount
    from {{ ref('fct_campaign_costs') }} as costs
    left join {{ ref('dim_campaigns') }} as campaigns
        on costs.campaign_key = campaigns.campaign_key
    left join deliveries
        on costs.campaign_key = deliveries.campaign_key
    where deliveries.campaign_key is null
),

-- Where the seed says nothing of a media channel, it may be a channel of orders itself.
order_channels as (
    select distinct channel from {{ ref('fct_orders') }}
)

select
    cast({{ dbt.date_trunc('month', 'spent.cost_date') }} as date) as month_start,
    coalesce(media.order_channel, order_channels.channel, 'ALL') as order_channel,
    spent.media_channel,
    sum(spent.amount) as amount
from spent
left join {{ ref('media_channels') }} as media
    on spent.media_channel = media.media_channel
left join order_channels
    on spent.media_channel = order_channels.channel
group by
    cast({{ dbt.date_trunc('month', 'spent.cost_date') }} as date),
    coalesce(media.order_channel, order_channels.channel, 'ALL'),
    spent.media_channel
