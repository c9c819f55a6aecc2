-- Grain: one row per outcome of a contact made from a list.
with latest as (
    {{ latest('contact_outcomes', ['outcome_id']) }}
)

select
    source_system,
    outcome_id,
    pull_id,
    campaign_id,
    channel,
    outcome,
    occurred_at,
    case when party_id is not null then coalesce(party_system, source_system) end as person_system,
    party_id as person_record_id,
    cast(null as string) as party_email,
    cast(null as string) as party_phone
from latest
