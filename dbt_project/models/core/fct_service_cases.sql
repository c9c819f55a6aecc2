-- Grain: one row per complaint, suggestion or request before as_of, as it stood then. A case that
-- came back after it was settled is open again.
with cases as (
    select
        *,
        {{ known('first_action_at') }} as acted_at,
        {{ known('resolved_at') }} as settled_at,
        {{ known('reopened_at') }} as back_at,
        {{ dbt.dateadd('day', var('rescue_days'), 'coalesce(incident_at, opened_at)') }}
            as rescue_by
    from {{ ref('stg_service_cases') }}
    where opened_at < {{ as_of_at() }}
),

surveyed as (
    select
        source_system,
        case_id,
        answered_at,
        score,
        score_max,
        row_number() over (
            partition by source_system, case_id order by answered_at desc, response_id desc
        ) as recency
    from {{ ref('stg_survey_responses') }}
    where
        case_id is not null
        and kind = 'case'
        and score is not null
        and answered_at < {{ as_of_at() }}
),

-- A case's own score, else what its last survey said, of 5.
scored as (
    select
        cases.*,
        case
            when cases.csat is not null then {{ ratio('5 * cases.csat', 'cases.csat_max') }}
            else {{ ratio('5 * surveyed.score', 'surveyed.score_max') }}
        end as csat_of_5
    from cases
    left join surveyed
        on
            cases.source_system = surveyed.source_system
            and cases.case_id = surveyed.case_id
            and surveyed.recency = 1
),

orders as (
    select * from {{ ref('int_order_references') }}
),

products as (
    select * from {{ ref('int_product_references') }}
)

select
    {{ natural_key(['cases.source_system', 'cases.case_id']) }} as case_key,
    cases.source_system,
    cases.case_id,
    bindings.customer_id,
    cases.person_record_id is not null as is_identifiable,
    cases.kind,
    cases.topic,
    cases.owner,
    cases.opened_at,
    cases.opened_date,
    cases.incident_at,
    cases.acted_at as first_action_at,
    cases.settled_at as resolved_at,
    cases.back_at as reopened_at,
    cases.settled_at is null or coalesce(cases.back_at >= cases.settled_at, false) as is_open,
    coalesce(cases.is_resolved_first_contact, false)
    and coalesce(cases.resolved_at < {{ as_of_at() }}, true) as is_resolved_first_contact,
    coalesce(
        cases.back_at <= {{ dbt.dateadd('day', var('reopen_days'), 'cases.settled_at') }},
        cases.back_at is not null
    ) as is_reopened_soon,
    cases.rescue_by,
    -- Not known before the time is up.
    case
        when cases.acted_at is not null then cases.acted_at <= cases.rescue_by
        when cases.rescue_by < {{ as_of_at() }} then false
    end as acted_in_time,
    orders.order_key,
    products.product_key,
    cases.csat_of_5
from scored as cases
{{ bind_customer('cases') }}
left join orders
    on
        cases.source_system = orders.source_system
        and cases.order_id = orders.order_id
left join products
    on
        cases.source_system = products.source_system
        and cases.product_id = products.product_id
