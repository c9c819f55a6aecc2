-- Grain: one row per complete period and month of it or of the period before, t-1. Facts join it by
-- their month, so that no period needs a range of days.
with months as (
    select distinct month_start
    from {{ ref('dim_dates') }}
    where is_month_complete
)

select
    periods.period_kind,
    periods.period_start,
    periods.period_end,
    months.month_start,
    months.month_start < periods.period_start as is_previous
from {{ ref('int_periods') }} as periods
inner join months
    on
        periods.previous_start <= months.month_start
        and periods.period_end > months.month_start
