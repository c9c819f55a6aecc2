-- Grain: one row per case: whether it was settled at once and stayed so, how long it took, and what
-- its customer contributed in the trailing rfm_window_days (nothing below zero), which weighs it.
with cases as (
    select * from {{ ref('fct_service_cases') }}
),

weights as (
    select customer_id, contribution from {{ ref('customer_value') }}
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
    case
        when not cases.is_open
            then {{ dbt.datediff('cases.opened_at', 'cases.resolved_at', 'second') }}
    end as seconds_to_resolve,
    -- Sums of decimals come out the same whatever the order of the rows.
    cast(cases.csat_of_5 as decimal(18, 9)) as csat_of_5,
    case
        when weights.contribution > 0 then cast(weights.contribution as decimal(18, 2))
        else cast(0 as decimal(18, 2))
    end as weight
from cases
left join weights
    on cases.customer_id = weights.customer_id
