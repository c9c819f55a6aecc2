-- Grain: one row per campaign (variant ALL), variant, and variant and step of which a message or a
-- call went to somebody known: how many customers did what. What became of a message is told by the
-- message, so that of outcomes only those of calls are looked at.
{% set reactions = {
    'sent': ['sent'], 'delivered': ['delivered'], 'opened': ['open'], 'clicked': ['click'],
    'bounced': ['bounce', 'hard_bounce'], 'unsubscribed': ['unsubscribe'],
    'complained': ['complaint'], 'redeemed': ['redeem']
} -%}
{# A call that was answered has arrived; one to a wrong number has bounced. #}
{% set called = {
    'sent': 'true', 'delivered': 'outcomes.is_answered',
    'bounced': "outcomes.outcome = 'wrong_address'",
    'unsubscribed': "outcomes.outcome = 'opt_out'"
} -%}
with lists as (
    select
        pull_id,
        customer_id,
        min(variant) as variant
    from {{ ref('fct_audience_pulls') }}
    where
        customer_id is not null
        and bucket = 'list'
    group by pull_id, customer_id
),

messages as (
    select
        source_system,
        campaign_id,
        coalesce(variant, '(none)') as variant,
        coalesce(step, 1) as step,
        {% for name, events in reactions.items() -%}
        case when {{ one_of('event_type', events) }} then 1 else 0 end as {{ name }},
        {% endfor -%}
        customer_id
    from {{ ref('fct_campaign_messages') }}
    where customer_id is not null
),

-- A call names its campaign by id alone.
calls as (
    select
        campaigns.source_system,
        campaigns.campaign_id,
        coalesce(lists.variant, '(none)') as variant,
        cast(1 as bigint) as step,
        {% for name in reactions -%}
        case when {{ called.get(name, 'false') }} then 1 else 0 end as {{ name }},
        {% endfor -%}
        outcomes.customer_id
    from {{ ref('fct_contact_outcomes') }} as outcomes
    left join lists
        on
            outcomes.pull_id = lists.pull_id
            and outcomes.customer_id = lists.customer_id
    inner join {{ ref('dim_campaigns') }} as campaigns
        on outcomes.campaign_id = campaigns.campaign_id
    where
        outcomes.customer_id is not null
        and outcomes.channel = 'phone'
),

contacts as (
    select * from messages
    union all
    select * from calls
),

-- A customer once, so that nothing need be counted distinct.
customers as (
    select
        source_system,
        campaign_id,
        case when grouping(variant) = 1 then 'ALL' else variant end as variant,
        case when grouping(step) = 0 then step end as step,
        {% for name in reactions -%}
        max({{ name }}) as {{ name }},
        {% endfor -%}
        customer_id
    from contacts
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
