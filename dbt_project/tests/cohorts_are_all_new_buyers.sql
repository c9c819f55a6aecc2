-- Months whose cohort has another size than kpi_monthly has new buyers, or that one of both lacks.
with cohorts as (
    select cohort_month, cohort_size
    from {{ ref('cohort_retention') }}
    where period = 0
),

new_buyers as (
    select month, new_buyers
    from {{ ref('kpi_monthly') }}
    where
        channel = 'ALL'
        and is_complete
        and new_buyers > 0
)

select
    coalesce(cohorts.cohort_month, new_buyers.month) as month,
    cohorts.cohort_size,
    new_buyers.new_buyers
from cohorts
full outer join new_buyers
    on cohorts.cohort_month = new_buyers.month
where cohorts.cohort_size is distinct from new_buyers.new_buyers
