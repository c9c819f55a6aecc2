-- Grain: one row per customer: how many kinds of contact they answered in the last
-- relationship_months, how content they were (cases and surveys of the relationship together),
-- whether somebody whom they referred ordered since, and whether a complaint is open now.
{% set since = months_before(as_of_date(), var('relationship_months')) %}
with kinds as (
    select
        customer_id,
        count(distinct kind) as answered_kinds
    from {{ ref('fct_touchpoints') }}
    where
        is_answered
        and customer_id is not null
        and touch_date >= {{ since }}
    group by customer_id
),

scores as (
    select customer_id, csat_of_5 as score
    from {{ ref('fct_service_cases') }}
    where opened_date >= {{ since }}
    union all
    select customer_id, score_of_5 as score
    from {{ ref('fct_survey_responses') }}
    where
        kind = 'relationship'
        and {{ business_date('answered_at') }} >= {{ since }}
),

contentment as (
    select
        customer_id,
        round(avg(score), 9) as mean_score
    from scores
    where
        customer_id is not null
        and score is not null
    group by customer_id
),

referrers as (
    select distinct referrals.customer_id
    from {{ ref('fct_referrals') }} as referrals
    inner join {{ ref('fct_orders') }} as orders
        on referrals.referred_customer_id = orders.customer_id
    where
        not orders.is_fully_refunded
        and orders.ordered_at >= referrals.referred_at
        and orders.order_date >= {{ since }}
        and referrals.customer_id is not null
        and referrals.customer_id <> referrals.referred_customer_id
),

complainers as (
    select distinct customer_id
    from {{ ref('fct_service_cases') }}
    where
        kind = 'complaint'
        and is_open
        and customer_id is not null
)

select
    customers.customer_id,
    coalesce(kinds.answered_kinds, 0) as answered_kinds,
    contentment.mean_score,
    referrers.customer_id is not null as has_referred,
    complainers.customer_id is not null as has_open_complaint
from {{ ref('dim_customers') }} as customers
left join kinds
    on customers.customer_id = kinds.customer_id
left join contentment
    on customers.customer_id = contentment.customer_id
left join referrers
    on customers.customer_id = referrers.customer_id
left join complainers
    on customers.customer_id = complainers.customer_id
