-- Grain: one row per event of a web site. Addresses stay in landing, since they may name a person.
-- Source, medium and campaign together are the campaign that an event carries; most carry none.
with latest as (
    {{ latest('web_events', ['event_id']) }}
)

select
    source_system,
    event_id,
    anonymous_id,
    event_type,
    occurred_at,
    product_id,
    category,
    order_id,
    lower(utm_source) as utm_source,
    lower(utm_medium) as utm_medium,
    utm_campaign,
    case
        when coalesce(utm_source, utm_medium, utm_campaign) is not null
            then
                coalesce(lower(utm_source), '') || '|' || coalesce(lower(utm_medium), '')
                || '|' || coalesce(utm_campaign, '')
    end as campaign,
    device,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
