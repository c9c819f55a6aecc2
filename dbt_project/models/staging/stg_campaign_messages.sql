-- Grain: one row per event of a message.
with latest as (
    {{ latest('campaign_messages', ['message_id', 'event_type']) }}
)

select
    source_system,
    message_id,
    campaign_id,
    variant,
    step,
    channel,
    event_type,
    event_at,
    {{ business_date('event_at') }} as event_date,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
