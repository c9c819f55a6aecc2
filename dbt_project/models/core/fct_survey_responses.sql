-- Grain: one row per survey sent or answered before as_of, scored or not; scores are brought to a
-- scale that ends at 5.
with surveys as (
    select
        *,
        {{ known('answered_at') }} as answered_then
    from {{ ref('stg_survey_responses') }}
    where sent_at is null or sent_at < {{ as_of_at() }}
)

select
    {{ natural_key(['surveys.source_system', 'surveys.response_id']) }} as response_key,
    surveys.source_system,
    surveys.response_id,
    bindings.customer_id,
    surveys.person_record_id is not null as is_identifiable,
    surveys.survey,
    surveys.kind,
    {{ natural_key(['surveys.source_system', 'surveys.case_id']) }} as case_key,
    surveys.sent_at,
    {{ business_date('surveys.sent_at') }} as sent_date,
    surveys.answered_then as answered_at,
    surveys.answered_then is not null as is_answered,
    case
        when surveys.answered_then is not null
            then {{ ratio('5 * surveys.score', 'surveys.score_max') }}
    end as score_of_5
from surveys
{{ bind_customer('surveys') }}
