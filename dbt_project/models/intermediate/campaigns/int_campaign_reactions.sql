-- Grain: one row per campaign (variant ALL), variant, and variant and step of which a message went
-- to somebody known: how many customers did what.
{% set reactions = {
    'sent': ['sent'], 'delivered': ['delivered'], 'opened': ['open'], 'clicked': ['click'],
    'bounced': ['bounce', 'hard_bounce'], 'unsubscribed': ['unsubscribe'],
    'complained': ['complaint'], 'redeemed': ['redeem']
} -%}
with messages as (
    select
        source_system,
        campaign_id,
        coalesce(variant, '(none)') as variant,
        coalesce(step, 1) as step,
        event_type,
        customer_id
    from {{ ref('fct_campaign_messages') }}
    where customer_id is not null
),

-- A customer once, so that nothing need be counted distinct.
customers as (
    select
        source_system,
        campaign_id,
        case when grouping(variant) = 1 then 'ALL' else variant end as variant,
        case when grouping(step) = 0 then step end as step,
        {% for name, events in reactions.items() -%}
        max(case when {{ one_of('event_type', events) }} then 1 else 0 end) as {{ name }},
        {% endfor -%}
        customer_id
    from messages
    group by grouping sets (
        (source_system, campaign_id, customer_id),
        (source_system, campaign_id, variant, customer_id),
        (source_system, campaign_id, variant, step, customer_id)
    )
)

select
    source_system,
    campaign_id,
    variant,
    {% for name in reactions -%}
    sum({{ name }}) as {{ name }},
    {% endfor -%}
    step
from customers
group by source_system, campaign_id, variant, step
