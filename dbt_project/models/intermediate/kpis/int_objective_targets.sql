-- Grain: one row per objective: whose value it is about, and which values reach it. Points and
-- relative targets are changes of the baseline in the direction that is better.
with objectives as (
    select * from {{ ref('stg_objectives') }}
),

segments as (
    select distinct 'rfm_segment' as dimension, segment as member from {{ ref('rfm_segments') }}
    union all
    select dimension, member from {{ ref('segment_names') }}
),

named as (
    select
        objectives.*,
        metrics.metric is not null as is_known_metric,
        objectives.segment is null or segments.member is not null as is_known_segment,
        case when objectives.segment is null then 'ALL' else segments.dimension end as dimension,
        coalesce(objectives.segment, 'ALL') as member,
        coalesce(objectives.direction, nullif(metrics.direction, ''), 'up') as better,
        coalesce(objectives.change_kind, 'absolute') as change_of,
        case coalesce(objectives.direction, nullif(metrics.direction, ''))
            when 'down' then -1
            else 1
        end as sign,
        coalesce(objectives.target_low, objectives.target_high) as low,
        coalesce(objectives.target_high, objectives.target_low) as high,
        cast({{ dbt.dateadd('day', 1, 'objectives.period_end') }} as date) as window_end
    from objectives
    left join {{ ref('metrics') }} as metrics
        on objectives.metric = metrics.metric
    left join segments
        on objectives.segment = segments.member
),

valued as (
    select
        *,
        {% for bound in ['low', 'high'] -%}
        case change_of
            when 'points' then baseline + sign * {{ bound }}
            when 'relative' then baseline * (1 + sign * {{ bound }})
            else {{ bound }}
        end as {{ bound }}_value,
        {% endfor -%}
        {{ dbt.datediff('period_start', 'window_end', 'month') }} as months
    from named
)

select
    source_system,
    objective_id,
    metric,
    segment,
    is_known_metric,
    is_known_segment,
    dimension,
    member,
    period_start,
    period_end,
    window_end,
    baseline,
    better,
    change_of,
    case when low_value < high_value then low_value else high_value end as range_low,
    case when low_value < high_value then high_value else low_value end as range_high,
    case
        when months >= 12 then 'year'
        when months >= 3 then 'quarter'
        else 'month'
    end as period_kind
from valued
