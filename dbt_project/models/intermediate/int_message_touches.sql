-- Grain: one row per delivered message. It costs the campaign's cost over all its deliveries, or
-- what its channel costs where the campaign has no costs of its own. A click or a redeemed
-- voucher is an answer; an opening is not, since machines open too.
{{ config(materialized='view') }}

with deliveries as (
    select * from {{ ref('fct_campaign_messages') }}
    where event_type = 'delivered'
),

answers as (
    select source_system, message_id, min(event_at) as answered_at
    from {{ ref('fct_campaign_messages') }}
    where event_type in ('click', 'redeem')
    group by source_system, message_id
),

costs as (
    select campaign_key, sum(amount) as amount
    from {{ ref('fct_campaign_costs') }}
    where campaign_key is not null
    group by campaign_key
),

campaigns as (
    select
        deliveries.campaign_key,
        {{ ratio('max(costs.amount)', 'count(*)') }} as cost
    from deliveries
    inner join costs
        on deliveries.campaign_key = costs.campaign_key
    group by deliveries.campaign_key
),

channels as (
    select * from {{ ref('channel_costs') }}
    where direction = 'out'
)

select
    'message|' || deliveries.message_key as touch_key,
    deliveries.message_key as fact_key,
    deliveries.source_system,
    deliveries.customer_id,
    deliveries.event_at as touched_at,
    deliveries.event_date as touch_date,
    'out' as direction,
    'message' as kind,
    deliveries.channel,
    deliveries.campaign_id,
    deliveries.campaign_key,
    deliveries.variant,
    deliveries.step,
    answers.answered_at is not null as is_answered,
    answers.answered_at,
    cast(coalesce(campaigns.cost, channels.cost) as decimal(18, 8)) as cost
from deliveries
left join answers
    on
        deliveries.source_system = answers.source_system
        and deliveries.message_id = answers.message_id
left join campaigns
    on deliveries.campaign_key = campaigns.campaign_key
left join channels
    on deliveries.channel = channels.channel
