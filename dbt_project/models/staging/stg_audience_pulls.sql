-- Grain: one row per pull and customer that matched.
with latest as (
    {{ latest('audience_pulls', ['pull_id', 'party_system', 'party_id']) }}
)

select
    source_system,
    pull_id,
    audience,
    campaign_id,
    variant,
    bucket,
    reason,
    channel,
    purpose,
    holdout_percent,
    pulled_at,
    coalesce(party_system, source_system) as person_system,
    party_id as person_record_id,
    cast(null as string) as party_email,
    cast(null as string) as party_phone
from latest
