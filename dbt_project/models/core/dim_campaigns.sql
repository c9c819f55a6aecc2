-- Grain: one row per campaign of a system, and one per campaign that only lists name: of calls, for
-- example, that no system runs. Of such a one no more is known than its lists tell.
with known as (
    -- Lists name a campaign by its id alone, whatever its system.
    select campaign_id from {{ ref('stg_campaigns') }}
    union
    select campaign_id from {{ ref('fct_campaign_messages') }}
),

listed as (
    select
        min(pulls.source_system) as source_system,
        pulls.campaign_id,
        case when min(pulls.channel) = max(pulls.channel) then min(pulls.channel) end as channel,
        min(pulls.pulled_at) as starts_at
    from {{ ref('fct_audience_pulls') }} as pulls
    left join known
        on pulls.campaign_id = known.campaign_id
    where
        pulls.campaign_id is not null
        and known.campaign_id is null
    group by pulls.campaign_id
),

campaigns as (
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
        cast(steps as bigint) as steps,
        starts_at,
        ends_at
    from {{ ref('stg_campaigns') }}
    union all
    select
        source_system,
        campaign_id,
        cast(null as string) as name,
        channel,
        cast(null as string) as purpose,
        cast(null as string) as owner,
        cast(null as string) as response_route,
        cast(null as string) as target_segment,
        cast(null as string) as variants,
        cast(null as bigint) as steps,
        starts_at,
        cast(null as timestamp) as ends_at
    from listed
)

select
    {{ natural_key(['source_system', 'campaign_id']) }} as campaign_key,
    campaigns.*
from campaigns
