-- Grain: one row per event of a web site before as_of. Of an address only the path is kept: what
-- stands behind the question mark may name a person.
with latest as (
    {{ latest('web_events', ['event_id']) }}
)

select
    source_system,
    event_id,
    anonymous_id,
    event_type,
    occurred_at,
    {{ dbt.split_part(dbt.split_part('url', "'?'", 1), "'#'", 1) }} as page,
    product_id,
    order_id,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
where occurred_at < {{ as_of_at() }}
