-- Grain: one row per customer: how far the relationship is, by the last relationship_months.
with customers as (
    select * from {{ ref('dim_customers') }}
),

reachable as (
    select
        customer_id,
        max(case when is_reachable then 1 else 0 end) = 1 as is_reachable
    from {{ ref('int_reach') }}
    group by customer_id
),

orders as (
    select * from {{ ref('int_unprompted_orders') }}
),

trust as (
    select * from {{ ref('int_trust') }}
),

judged as (
    select
        customers.customer_id,
        coalesce(reachable.is_reachable, false) as is_reachable,
        coalesce(orders.orders, 0) as orders,
        trust.answered_kinds >= {{ var('engage_kinds') }}
        or customers.preferred_channel is not null as is_engaged,
        not trust.has_open_complaint
        and (
            trust.has_referred
            or coalesce(trust.mean_score >= {{ var('trust_csat') }}, false)
            or coalesce(
                orders.unprompted_orders >= {{ var('trust_unprompted_share') }} * orders.orders,
                false
            )
        ) as is_trusting
    from customers
    inner join trust
        on customers.customer_id = trust.customer_id
    left join reachable
        on customers.customer_id = reachable.customer_id
    left join orders
        on customers.customer_id = orders.customer_id
)

select
    customer_id,
    case
        when orders >= {{ var('engage_orders') }} and is_engaged and is_trusting then 'trust'
        when orders >= {{ var('engage_orders') }} and is_engaged then 'engage'
        when orders >= 1 then 'relate'
        when is_reachable then 'contact'
        else 'unreachable'
    end as relationship_stage
from judged
