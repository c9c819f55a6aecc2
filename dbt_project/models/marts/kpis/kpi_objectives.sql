-- Grain: one row per objective of the company: the latest value that its window has, how far it is
-- from the target, and whether the straight line from baseline to target is kept.
with objectives as (
    select
        *,
        -- What counts as reached first.
        case when better = 'down' then range_high else range_low end as target
    from {{ ref('int_objective_targets') }}
),

ends as (
    select period_kind, period_start, period_end from {{ ref('int_periods') }}
    union all
    select
        'as_of' as period_kind,
        {{ as_of_date() }} as period_start,
        {{ as_of_date() }} as period_end
),

candidates as (
    select
        objectives.source_system,
        objectives.objective_id,
        measured.period_kind,
        measured.period_start,
        ends.period_end,
        measured.value,
        row_number() over (
            partition by objectives.source_system, objectives.objective_id
            order by
                ends.period_end desc,
                case when measured.period_kind = objectives.period_kind then 0 else 1 end asc,
                measured.period_kind asc
        ) as place
    from objectives
    inner join {{ ref('kpi_values') }} as measured
        on
            objectives.metric = measured.metric
            and objectives.dimension = measured.dimension
            and objectives.member = measured.member
            and measured.period_kind in (
                objectives.period_kind, concat('trailing_', objectives.period_kind), 'as_of'
            )
    inner join ends
        on
            measured.period_kind = ends.period_kind
            and measured.period_start = ends.period_start
    where
        ends.period_end > objectives.period_start
        and ends.period_end <= objectives.window_end
        and measured.value is not null
),

measured as (
    select
        objectives.*,
        candidates.period_kind as actual_period_kind,
        candidates.period_start as actual_period_start,
        candidates.period_end as actual_period_end,
        candidates.value as actual,
        objectives.baseline + (objectives.target - objectives.baseline)
        * {{ ratio(
            dbt.datediff('objectives.period_start', 'candidates.period_end', 'day'),
            dbt.datediff('objectives.period_start', 'objectives.window_end', 'day')
        ) }} as line_value
    from objectives
    left join candidates
        on
            objectives.source_system = candidates.source_system
            and objectives.objective_id = candidates.objective_id
            and candidates.place = 1
)

select
    source_system,
    objective_id,
    metric,
    segment,
    period_start,
    period_end,
    change_of as change_kind,
    better as direction,
    baseline,
    range_low,
    range_high,
    target,
    actual_period_kind,
    actual_period_start,
    actual_period_end,
    actual,
    actual - target as gap,
    case better
        when 'down' then round(actual - target, 9) <= 0
        else round(actual - target, 9) >= 0
    end as is_reached,
    line_value,
    case better
        when 'down' then round(actual - line_value, 9) <= 0
        else round(actual - line_value, 9) >= 0
    end as is_on_track
from measured
