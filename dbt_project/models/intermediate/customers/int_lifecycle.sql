-- Grain: one row per customer: how far they are. Of several that hold new goes first; then lapsed
-- and at_risk, which are about now; then won_back, which is about an order of the last
-- won_back_days that ended a wait long enough to have lapsed; else active.
{% set longest = var('lapsed_days') %}
with customers as (
    select customer_id from {{ ref('dim_customers') }}
),

quoted as (
    select distinct customer_id from {{ ref('fct_quotes') }}
    where customer_id is not null
),

buyers as (
    select
        *,
        coalesce(recency_days > {{ var('at_risk_gaps') }} * usual_gap, false) as is_late,
        recency_days > {{ longest }}
        or coalesce(recency_days > {{ var('lapsed_gaps') }} * usual_gap, false) as is_lapsed,
        coalesce(
            ended_gap > {{ longest }} or ended_gap > {{ var('lapsed_gaps') }} * usual_gap, false
        ) as is_back
    from {{ ref('int_order_gaps') }}
)

select
    customers.customer_id,
    buyers.usual_gap,
    case
        when buyers.customer_id is null and quoted.customer_id is null then 'lead'
        when buyers.customer_id is null then 'prospect'
        when buyers.first_order_date >= {{ days_before(as_of_date(), var('new_days')) }} then 'new'
        when buyers.is_lapsed then 'lapsed'
        when buyers.is_late then 'at_risk'
        when buyers.is_back then 'won_back'
        else 'active'
    end as lifecycle_stage
from customers
left join buyers
    on customers.customer_id = buyers.customer_id
left join quoted
    on customers.customer_id = quoted.customer_id
