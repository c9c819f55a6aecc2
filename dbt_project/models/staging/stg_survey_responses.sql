-- Grain: one row per survey sent or answered; comments stay behind.
with latest as (
    {{ latest('survey_responses', ['response_id']) }}
)

select
    source_system,
    response_id,
    survey,
    kind,
    case_id,
    coalesce(sent_at, answered_at) as sent_at,
    answered_at,
    score,
    score_max,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
