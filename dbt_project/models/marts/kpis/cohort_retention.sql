-- Grain: one row per complete month of first order and month since, 0 among them, as long as that
-- month is complete too.
with buyer_months as (
    select distinct customer_id, month_start
    from {{ ref('int_buyer_months') }}
),

cohorts as (
    select customer_id, min(month_start) as cohort_month
    from buyer_months
    group by customer_id
),

sizes as (
    select cohort_month, count(*) as cohort_size
    from cohorts
    group by cohort_month
),

active as (
    select
        cohorts.cohort_month,
        buyer_months.month_start,
        count(*) as active_customers
    from buyer_months
    inner join cohorts
        on buyer_months.customer_id = cohorts.customer_id
    group by cohorts.cohort_month, buyer_months.month_start
),

months as (
    select period_start as month_start
    from {{ ref('int_periods') }}
    where period_kind = 'month'
)

select
    sizes.cohort_month,
    cast({{ dbt.datediff('sizes.cohort_month', 'months.month_start', 'month') }} as integer)
        as period,
    cast(sizes.cohort_size as bigint) as cohort_size,
    cast(coalesce(active.active_customers, 0) as bigint) as active_customers,
    {{ ratio('coalesce(active.active_customers, 0)', 'sizes.cohort_size') }} as retention_rate
from sizes
inner join months
    on sizes.cohort_month <= months.month_start
left join active
    on
        sizes.cohort_month = active.cohort_month
        and months.month_start = active.month_start
