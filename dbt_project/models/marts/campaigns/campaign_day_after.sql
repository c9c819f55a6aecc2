-- Grain: one row per campaign, what it is compared with, and day after it: what happened on that
-- day. Of lists: to the customers assigned so many days before, beside those held out, scaled to as
-- many. Of media without an address: to everybody, beside the same weekdays of the baseline_weeks
-- before; there something else may have moved it, so is_causal is false.
{% set names = ['visits', 'leads', 'orders', 'net_revenue'] -%}
with assignments as (
    select * from {{ ref('int_campaign_assignments') }}
),

assigned as (
    {% for day in var('day_after_days') -%}
    select
        campaign_id,
        customer_id,
        is_treated,
        {{ day }} as day_after,
        cast({{ dbt.dateadd('day', day, 'assigned_date') }} as date) as day
    from assignments
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

arms as (
    select
        assigned.campaign_id,
        assigned.day_after,
        assigned.is_treated,
        {% for name in names -%}
        coalesce(sum(events.{{ name }}), 0) as {{ name }},
        {% endfor -%}
        count(*) as customers
    from assigned
    left join {{ ref('int_day_events') }} as events
        on
            assigned.customer_id = events.customer_id
            and assigned.day = events.event_date
    where assigned.day < {{ as_of_date() }}
    group by assigned.campaign_id, assigned.day_after, assigned.is_treated
),

listed as (
    select * from arms
    where is_treated
),

held_out as (
    select * from arms
    where not is_treated
),

beside as (
    select
        listed.*,
        coalesce(held_out.customers, 0) as compared_customers,
        {% for name in names -%}
        {{ ratio('held_out.' ~ name, 'held_out.customers') }} * listed.customers
            as compared_{{ name }},
        {% endfor -%}
        'holdout' as compared_with
    from listed
    left join held_out
        on
            listed.campaign_id = held_out.campaign_id
            and listed.day_after = held_out.day_after
),

together as (
    select
        campaign_id,
        cast(null as string) as campaign_key,
        customers,
        compared_customers,
        {% for name in names -%}
        {{ name }},
        compared_{{ name }},
        {% endfor -%}
        compared_with,
        day_after
    from beside
    union all
    select
        campaign_id,
        campaign_key,
        cast(null as bigint) as customers,
        cast(null as bigint) as compared_customers,
        {% for name in names -%}
        {{ name }},
        baseline_{{ name }} as compared_{{ name }},
        {% endfor -%}
        'weekdays_before' as compared_with,
        day_after
    from {{ ref('int_media_days') }}
)

select
    campaign_id,
    campaign_key,
    compared_with,
    compared_with = 'holdout' as is_causal,
    cast(day_after as integer) as day_after,
    customers,
    compared_customers,
    cast(visits as bigint) as visits,
    cast(leads as bigint) as leads,
    cast(orders as bigint) as orders,
    cast(net_revenue as decimal(18, 2)) as net_revenue,
    compared_visits,
    compared_leads,
    compared_orders,
    compared_net_revenue
from together
