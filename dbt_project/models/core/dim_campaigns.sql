-- Grain: one row per campaign of a system.
select
    {{ natural_key(['source_system', 'campaign_id']) }} as campaign_key,
    source_system,
    campaign_id,
    name,
    channel,
    purpose,
    owner,
    response_route,
    target_segment,
    variants,
    cast(steps as bigint) as steps,
    starts_at,
    ends_at
from {{ ref('stg_campaigns') }}
