-- Grain: one row per consent given or withdrawn.
with latest as (
    {{ latest('consents', ['consent_id']) }}
)

select
    source_system,
    consent_id,
    channel,
    purpose,
    status,
    occurred_at,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
