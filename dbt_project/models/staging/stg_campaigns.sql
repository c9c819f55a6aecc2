-- Grain: one row per campaign of a system.
with latest as (
    {{ latest('campaigns', ['campaign_id']) }}
)

select
    source_system,
    campaign_id,
    name,
    channel,
    purpose,
    owner,
    response_route,
    target_segment,
    variants,
    steps,
    starts_at,
    ends_at
from latest
