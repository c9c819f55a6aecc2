-- Grain: one row per complete period in which a valuable customer (A or MVC on the last month end
-- before it) complained: who of them ordered again in rescue_order_days, split by whether the
-- complaint, their first of the period, was acted on in time. NULL while the time to order is not
-- over for all.
with complaints as (
    select
        months.period_kind,
        months.period_start,
        {{ dbt.dateadd('day', var('rescue_order_days'), 'months.period_end') }}
        <= {{ as_of_date() }} as is_over,
        outcomes.customer_id,
        outcomes.opened_at,
        outcomes.acted_in_time,
        row_number() over (
            partition by months.period_kind, months.period_start, outcomes.customer_id
            order by outcomes.opened_at, outcomes.case_key
        ) as number
    from {{ ref('int_case_outcomes') }} as outcomes
    inner join {{ ref('segment_history') }} as history
        on
            outcomes.customer_id = history.customer_id
            and outcomes.month_start = {{ dbt.dateadd('day', 1, 'history.month_end') }}
            and (history.abc_class = 'A' or history.value_tier = 'MVC')
    inner join {{ ref('int_period_months') }} as months
        on outcomes.month_start = months.month_start
    where
        outcomes.kind = 'complaint'
        and not months.is_previous
),

complainers as (
    select * from complaints
    where number = 1
),

rescued as (
    select distinct
        complainers.period_kind,
        complainers.period_start,
        complainers.customer_id
    from complainers
    inner join {{ ref('fct_orders') }} as orders
        on
            complainers.customer_id = orders.customer_id
            and complainers.opened_at < orders.ordered_at
            and orders.ordered_at
            <= {{ dbt.dateadd('day', var('rescue_order_days'), 'complainers.opened_at') }}
    where not orders.is_fully_refunded
),

judged as (
    select
        complainers.*,
        rescued.customer_id is not null as is_rescued
    from complainers
    left join rescued
        on
            complainers.period_kind = rescued.period_kind
            and complainers.period_start = rescued.period_start
            and complainers.customer_id = rescued.customer_id
)

select
    period_kind,
    period_start,
    count(*) as valuable_complainers,
    case when is_over then count(*) end as rescuable,
    case when is_over then count(case when is_rescued then 1 end) end as rescued,
    case when is_over then count(case when acted_in_time then 1 end) end as rescuable_in_time,
    case when is_over then count(case when acted_in_time and is_rescued then 1 end) end
        as rescued_in_time,
    case when is_over then count(case when not acted_in_time then 1 end) end as rescuable_late,
    case when is_over then count(case when not acted_in_time and is_rescued then 1 end) end
        as rescued_late
from judged
group by period_kind, period_start, is_over
