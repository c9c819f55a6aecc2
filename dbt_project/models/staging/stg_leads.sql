-- Grain: one row per lead as an event: when somebody showed interest, in what, and who answered.
-- Who it was is a record of stg_people.
with latest as (
    {{ latest('leads', ['record_id']) }}
)

select
    source_system,
    created_at as lead_at,
    {{ business_date('created_at') }} as lead_date,
    lead_source,
    status,
    interest,
    first_response_at,
    owner,
    source_system as person_system,
    record_id as person_record_id
from latest
