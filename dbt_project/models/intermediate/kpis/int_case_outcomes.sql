-- Grain: one row per case: whether it was settled at once and stayed so, how long it took, and what
-- its customer has contributed in the trailing rfm_window_days (nothing below zero), which weighs it.
with cases as (
    select * from {{ ref('fct_service_cases') }}
),

earned as (
    select customer_id, sum(contribution) as amount
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and order_date >= {{ dbt.dateadd('day', -1 * var('rfm_window_days'), as_of_date()) }}
    group by customer_id
),

spent as (
    select customer_id, sum(amount) as amount
    from {{ ref('fct_customer_costs') }}
    where
        customer_id is not null
        and cost_date >= {{ dbt.dateadd('day', -1 * var('rfm_window_days'), as_of_date()) }}
    group by customer_id
),

weights as (
    select
        coalesce(earned.customer_id, spent.customer_id) as customer_id,
        coalesce(earned.amount, 0) - coalesce(spent.amount, 0) as contribution
    from earned
    full outer join spent
        on earned.customer_id = spent.customer_id
)

select
    cases.case_key,
    cases.customer_id,
    cases.kind,
    coalesce(cases.topic, 'unknown') as topic,
    cases.product_key,
    cases.opened_at,
    cast({{ dbt.date_trunc('month', 'cases.opened_date') }} as date) as month_start,
    cases.acted_in_time,
    cases.is_resolved_first_contact and not cases.is_reopened_soon as is_settled_at_once,
    case when not cases.is_open
        then {{ dbt.datediff('cases.opened_at', 'cases.resolved_at', 'second') }} / 3600.0
    end as hours_to_resolve,
    cases.csat_of_5,
    case when weights.contribution > 0
        then cast(weights.contribution as decimal(18, 2)) else cast(0 as decimal(18, 2))
    end as weight
from cases
left join weights
    on cases.customer_id = weights.customer_id
