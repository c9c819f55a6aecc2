-- Grain: one row per complete period: months, quarters, years, and the quarter and the year that
-- end with the last complete month. A period that as_of cuts short is absent.
with months as (
    select distinct month_start, quarter_start, year_start
    from {{ ref('dim_dates') }}
    where is_month_complete
),

latest as (
    select max(month_start) as month_start
    from months
),

starts as (
    select distinct 'month' as period_kind, 1 as months, month_start as period_start
    from months
    union all
    select distinct 'quarter' as period_kind, 3 as months, quarter_start as period_start
    from months
    union all
    select distinct 'year' as period_kind, 12 as months, year_start as period_start
    from months
    union all
    select
        'trailing_quarter' as period_kind,
        3 as months,
        {{ dbt.dateadd('month', -2, 'month_start') }} as period_start
    from latest
    where month_start is not null
    union all
    select
        'trailing_year' as period_kind,
        12 as months,
        {{ dbt.dateadd('month', -11, 'month_start') }} as period_start
    from latest
    where month_start is not null
),

bounded as (
    select
        period_kind,
        cast(period_start as date) as period_start,
        cast(
            case months
                when 1 then {{ dbt.dateadd('month', 1, 'period_start') }}
                when 3 then {{ dbt.dateadd('month', 3, 'period_start') }}
                else {{ dbt.dateadd('month', 12, 'period_start') }}
            end as date
        ) as period_end,
        cast(
            case months
                when 1 then {{ dbt.dateadd('month', -1, 'period_start') }}
                when 3 then {{ dbt.dateadd('month', -3, 'period_start') }}
                else {{ dbt.dateadd('month', -12, 'period_start') }}
            end as date
        ) as previous_start
    from starts
)

select
    period_kind,
    period_start,
    period_end,
    previous_start
from bounded
where period_end <= {{ as_of_date() }}
