-- Grain: one row per interaction, per outcome of a call from a list, and per service case. A call
-- or visit costs what its channel costs; a case costs what serving it costs, which stands apart.
{{ config(materialized='view') }}

with channels as (
    select * from {{ ref('channel_costs') }}
),

interactions as (
    select
        *,
        case when kind = 'call' then 'phone' else kind end as channel
    from {{ ref('fct_interactions') }}
),

-- What became of a message is told by the message.
calls as (
    select * from {{ ref('fct_contact_outcomes') }}
    where channel = 'phone'
),

touches as (
    select
        'interaction|' || interaction_key as touch_key,
        interaction_key as fact_key,
        source_system,
        customer_id,
        occurred_at as touched_at,
        interaction_date as touch_date,
        direction,
        kind,
        channel,
        cast(null as string) as campaign_id,
        cast(null as string) as campaign_key,
        is_answered
    from interactions
    union all
    select
        'outcome|' || outcome_key as touch_key,
        outcome_key as fact_key,
        source_system,
        customer_id,
        occurred_at as touched_at,
        outcome_date as touch_date,
        'out' as direction,
        'call' as kind,
        channel,
        campaign_id,
        campaign_key,
        is_answered
    from calls
    union all
    select
        'case|' || case_key as touch_key,
        case_key as fact_key,
        source_system,
        customer_id,
        opened_at as touched_at,
        opened_date as touch_date,
        'in' as direction,
        'case' as kind,
        'service' as channel,
        cast(null as string) as campaign_id,
        cast(null as string) as campaign_key,
        true as is_answered
    from {{ ref('fct_service_cases') }}
)

select
    touches.touch_key,
    touches.fact_key,
    touches.source_system,
    touches.customer_id,
    touches.touched_at,
    touches.touch_date,
    touches.direction,
    touches.kind,
    touches.channel,
    touches.campaign_id,
    touches.campaign_key,
    cast(null as string) as variant,
    cast(null as bigint) as step,
    touches.is_answered,
    case when touches.is_answered then touches.touched_at end as answered_at,
    case
        when touches.kind = 'case' then cast(0 as decimal(18, 8)) else channels.cost
    end as cost
from touches
left join channels
    on
        touches.channel = channels.channel
        and touches.direction = channels.direction
