-- Grain: one row per complete period and topic, ALL among them, in which a case was opened. What
-- waits for reopen_days is NULL while they are not over for all cases of the period.
with cases as (
    select
        months.period_kind,
        months.period_start,
        {{ dbt.dateadd('day', var('reopen_days'), 'months.period_end') }} <= {{ as_of_date() }}
            as is_over,
        outcomes.*,
        outcomes.kind = 'complaint' as is_complaint
    from {{ ref('int_case_outcomes') }} as outcomes
    inner join {{ ref('int_period_months') }} as months
        on outcomes.month_start = months.month_start
    where not months.is_previous
),

members as (
    select *, topic as topic_member from cases
    union all
    select *, 'ALL' as topic_member from cases
)

select
    period_kind,
    period_start,
    topic_member as topic,
    count(*) as cases,
    count(case when is_complaint then 1 end) as complaints,
    case when is_over then count(case when is_complaint then 1 end) end as settled_of,
    case when is_over then count(case when is_complaint and is_settled_at_once then 1 end) end
        as settled_at_once,
    case when is_over then coalesce(sum(case when is_complaint then weight end), 0) end
        as settled_of_weight,
    case
        when is_over
            then coalesce(sum(case when is_complaint and is_settled_at_once then weight end), 0)
    end as settled_at_once_weight,
    count(case when is_complaint then seconds_to_resolve end) as resolved_complaints,
    {{ percentile(0.5, 'case when is_complaint then seconds_to_resolve end') }} / 3600
        as hours_to_resolve_median,
    {{ percentile(0.9, 'case when is_complaint then seconds_to_resolve end') }} / 3600
        as hours_to_resolve_p90,
    sum(case when is_complaint then seconds_to_resolve * weight end) as weighted_seconds,
    sum(case when is_complaint and seconds_to_resolve is not null then weight end)
        as weighted_seconds_of,
    count(csat_of_5) as case_scored,
    sum(csat_of_5) as case_score
from members
group by period_kind, period_start, is_over, topic_member
