-- Grain: one row per contact of a company that a system knows.
with latest as (
    {{ latest('crm_contacts', ['record_id']) }}
)

select
    source_system,
    account_id,
    source_system as person_system,
    record_id as person_record_id
from latest
where
    account_id is not null
    and (created_at is null or created_at < {{ as_of_at() }})
