-- Grain: one row per complete month, quarter or year, and for the quarter and the year up to the
-- last complete month, and topic, ALL among them: how those were served who contacted us then.
with history as (
    select min(month_end) as first_month_end
    from {{ ref('int_value_dates') }}
),

periods as (
    select
        *,
        -- Who was valuable is known of the month ends that segment_history goes back to, and a
        -- period of which some months lie before them is not told in part.
        period_start > (select history.first_month_end from history) as is_value_known,
        {% for name in ['reopen_days', 'repeat_contact_days', 'rescue_order_days'] -%}
        {{ dbt.dateadd('day', var(name), 'period_end') }} <= {{ as_of_date() }} as {{ name }}_over
        {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from {{ ref('int_periods') }}
),

topics as (
    select period_kind, period_start, 'ALL' as topic
    from periods
    union
    select period_kind, period_start, topic
    from {{ ref('int_case_periods') }}
    union
    select period_kind, period_start, topic
    from {{ ref('int_contact_periods') }}
),

spine as (
    select
        topics.topic,
        periods.*
    from topics
    inner join periods
        on
            topics.period_kind = periods.period_kind
            and topics.period_start = periods.period_start
),

cases as (
    select * from {{ ref('int_case_periods') }}
),

contacts as (
    select * from {{ ref('int_contact_periods') }}
),

surveys as (
    select * from {{ ref('int_relationship_csat') }}
),

rescues as (
    select * from {{ ref('int_rescue_periods') }}
)

select
    spine.period_kind,
    spine.period_start,
    spine.topic,
    cast(coalesce(cases.cases, 0) as bigint) as cases,
    cast(coalesce(cases.complaints, 0) as bigint) as complaints,
    {% for name in ['settled_of', 'settled_at_once'] -%}
    cast(case when spine.reopen_days_over then coalesce(cases.{{ name }}, 0) end as bigint)
        as {{ name }},
    {% endfor -%}
    {{ ratio('cases.settled_at_once', 'cases.settled_of') }} as first_contact_resolution,
    {% for name in ['settled_of_weight', 'settled_at_once_weight'] -%}
    cast(
        case when spine.reopen_days_over then coalesce(cases.{{ name }}, 0) end as decimal(18, 2)
    ) as {{ name }},
    {% endfor -%}
    {{ ratio('cases.settled_at_once_weight', 'cases.settled_of_weight') }}
        as first_contact_resolution_by_value,
    cast(coalesce(cases.resolved_complaints, 0) as bigint) as resolved_complaints,
    cast(cases.hours_to_resolve_median as double) as hours_to_resolve_median,
    cast(cases.hours_to_resolve_p90 as double) as hours_to_resolve_p90,
    {{ ratio('cases.weighted_seconds', '3600 * cases.weighted_seconds_of') }}
        as hours_to_resolve_by_value,
    {% for name in ['contacting_customers', 'repeating_customers'] -%}
    cast(
        case when spine.repeat_contact_days_over then coalesce(contacts.{{ name }}, 0) end as bigint
    ) as {{ name }},
    {% endfor -%}
    {{ ratio('contacts.repeating_customers', 'contacts.contacting_customers') }}
        as repeat_contact_rate,
    cast(coalesce(cases.case_scored, 0) as bigint) as case_scored,
    cast(cases.case_score as double) as case_score,
    {{ ratio('cases.case_score', 'cases.case_scored') }} as case_csat,
    {{ ratio('cases.case_scored', 'cases.cases') }} as case_scored_share,
    {% for name in ['relationship_surveys', 'relationship_scored'] -%}
    cast(case when spine.topic = 'ALL' then coalesce(surveys.{{ name }}, 0) end as bigint)
        as {{ name }},
    {% endfor -%}
    cast(surveys.relationship_score as double) as relationship_score,
    {{ ratio('surveys.relationship_score', 'surveys.relationship_scored') }} as relationship_csat,
    {{ ratio('surveys.relationship_scored', 'surveys.relationship_surveys') }}
        as relationship_scored_share,
    cast(
        case
            when spine.topic = 'ALL' and spine.is_value_known
                then coalesce(rescues.valuable_complainers, 0)
        end as bigint
    ) as valuable_complainers,
    {% for name in [
        'rescuable', 'rescued', 'rescuable_in_time', 'rescued_in_time', 'rescuable_late',
        'rescued_late'
    ] -%}
    cast(
        case
            when spine.topic = 'ALL' and spine.is_value_known and spine.rescue_order_days_over
                then coalesce(rescues.{{ name }}, 0)
        end as bigint
    ) as {{ name }},
    {% endfor -%}
    {{ ratio('rescues.rescued', 'rescues.rescuable') }} as rescue_rate,
    {{ ratio('rescues.rescued_in_time', 'rescues.rescuable_in_time') }} as rescue_rate_in_time,
    {{ ratio('rescues.rescued_late', 'rescues.rescuable_late') }} as rescue_rate_late
from spine
left join cases
    on
        spine.period_kind = cases.period_kind
        and spine.period_start = cases.period_start
        and spine.topic = cases.topic
left join contacts
    on
        spine.period_kind = contacts.period_kind
        and spine.period_start = contacts.period_start
        and spine.topic = contacts.topic
left join surveys
    on
        spine.period_kind = surveys.period_kind
        and spine.period_start = surveys.period_start
        and spine.topic = 'ALL'
left join rescues
    on
        spine.period_kind = rescues.period_kind
        and spine.period_start = rescues.period_start
        and spine.topic = 'ALL'
        and spine.is_value_known
