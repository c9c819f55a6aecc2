-- Grain: one row per call, visit, fair or chat; notes and promises in words stay behind.
with latest as (
    {{ latest('interactions', ['interaction_id']) }}
)

select
    source_system,
    interaction_id,
    occurred_at,
    {{ business_date('occurred_at') }} as interaction_date,
    kind,
    direction,
    topic,
    outcome,
    employee_id,
    store_id,
    next_step is not null or next_step_on is not null as has_next_step,
    next_step_on,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
