-- Grain: one row per date on which the value of customers is taken, which is the exclusive end of
-- what counts: as_of, the starts of what a decline is measured against, and the day after each of
-- the last history_months complete month ends.
with days as (
    select
        date as last_day,
        cast({{ dbt.dateadd('day', 1, 'date') }} as date) as value_date,
        is_month_end
        and month_start
        >= {{ months_before(dbt.date_trunc('month', as_of_date()), var('history_months')) }}
            as is_history
    from {{ ref('dim_dates') }}
),

flagged as (
    select
        *,
        value_date = {{ as_of_date() }} as is_as_of,
        value_date in (
            {{ days_before(as_of_date(), var('decline_days')) }},
            {{ days_before(as_of_date(), var('decline_days') + 365) }}
        ) as is_before_decline
    from days
)

select
    value_date,
    {{ days_before('value_date', var('rfm_window_days')) }} as window_start,
    case when is_history then last_day end as month_end,
    is_as_of,
    is_before_decline
from flagged
where is_as_of or is_before_decline or is_history
