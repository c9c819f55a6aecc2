-- Grain: one row per campaign (variant ALL), one per variant, and one per variant and step of
-- the sequence. Counts are of unique customers; rates are over delivered.
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
),

reactions as (
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

lines as (
    select
        source_system,
        campaign_id,
        variant,
        step
    from reactions
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
    {% for name in reactions -%}
    cast(coalesce(reactions.{{ name }}, 0) as bigint) as {{ name }},
    {% endfor -%}
    {{ ratio('reactions.opened', 'reactions.delivered') }} as open_rate,
    {{ ratio('reactions.clicked', 'reactions.delivered') }} as click_rate,
    {{ ratio('reactions.unsubscribed', 'reactions.delivered') }} as unsubscribe_rate,
    {{ ratio('reactions.complained', 'reactions.delivered') }} as complaint_rate
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
