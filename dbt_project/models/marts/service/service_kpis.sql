-- Grain: one row per complete month, quarter or year, and for the quarter and the year up to the
-- last complete month, and topic, ALL among them: how those were served who contacted us then.
with spine as (
    select period_kind, period_start, 'ALL' as topic
    from {{ ref('int_periods') }}
    union
    select period_kind, period_start, topic
    from {{ ref('int_case_periods') }}
    union
    select period_kind, period_start, topic
    from {{ ref('int_contact_periods') }}
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
    cast(cases.settled_of as bigint) as settled_of,
    cast(cases.settled_at_once as bigint) as settled_at_once,
    {{ ratio('cases.settled_at_once', 'cases.settled_of') }} as first_contact_resolution,
    cast(cases.settled_of_weight as decimal(18, 2)) as settled_of_weight,
    cast(cases.settled_at_once_weight as decimal(18, 2)) as settled_at_once_weight,
    {{ ratio('cases.settled_at_once_weight', 'cases.settled_of_weight') }}
        as first_contact_resolution_by_value,
    cast(coalesce(cases.resolved_complaints, 0) as bigint) as resolved_complaints,
    cast(cases.hours_to_resolve_median as double) as hours_to_resolve_median,
    cast(cases.hours_to_resolve_p90 as double) as hours_to_resolve_p90,
    {{ ratio('cases.weighted_seconds', '3600 * cases.weighted_seconds_of') }}
        as hours_to_resolve_by_value,
    cast(contacts.contacting_customers as bigint) as contacting_customers,
    cast(contacts.repeating_customers as bigint) as repeating_customers,
    {{ ratio('contacts.repeating_customers', 'contacts.contacting_customers') }}
        as repeat_contact_rate,
    cast(coalesce(cases.case_scored, 0) as bigint) as case_scored,
    cast(cases.case_score as double) as case_score,
    {{ ratio('cases.case_score', 'cases.case_scored') }} as case_csat,
    {{ ratio('cases.case_scored', 'cases.cases') }} as case_scored_share,
    cast(surveys.relationship_surveys as bigint) as relationship_surveys,
    cast(surveys.relationship_scored as bigint) as relationship_scored,
    cast(surveys.relationship_score as double) as relationship_score,
    {{ ratio('surveys.relationship_score', 'surveys.relationship_scored') }} as relationship_csat,
    {{ ratio('surveys.relationship_scored', 'surveys.relationship_surveys') }}
        as relationship_scored_share,
    {% for name in [
        'valuable_complainers', 'rescuable', 'rescued', 'rescuable_in_time', 'rescued_in_time',
        'rescuable_late', 'rescued_late'
    ] -%}
    cast(rescues.{{ name }} as bigint) as {{ name }},
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
