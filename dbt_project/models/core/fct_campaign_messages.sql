-- Grain: one row per event of a message: sent, delivered, open, click and so on.
select
    {{ natural_key(['messages.source_system', 'messages.message_id', 'messages.event_type']) }}
        as message_key,
    messages.source_system,
    messages.message_id,
    {{ natural_key(['messages.source_system', 'messages.campaign_id']) }} as campaign_key,
    messages.campaign_id,
    messages.variant,
    cast(messages.step as bigint) as step,
    messages.channel,
    messages.event_type,
    messages.event_at,
    messages.event_date,
    bindings.customer_id,
    messages.person_record_id is not null as is_identifiable
from {{ ref('stg_campaign_messages') }} as messages
{{ bind_customer('messages') }}
where messages.event_at < {{ as_of_at() }}
