-- Grain: one row per complaint, suggestion or request in its last version; notes stay behind.
with latest as (
    {{ latest('service_cases', ['case_id']) }}
)

select
    source_system,
    case_id,
    kind,
    opened_at,
    {{ business_date('opened_at') }} as opened_date,
    incident_at,
    first_action_at,
    resolved_at,
    reopened_at,
    is_resolved_first_contact,
    topic,
    owner,
    order_id,
    product_id,
    csat,
    csat_max,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
