-- Grain: one row per campaign and type of cost: what was spent on it. What ad platforms bill is
-- media. A campaign that nobody described goes by the system and id of its costs.
with spent as (
    select
        source_system,
        campaign_id,
        campaign_key,
        cost_type,
        amount
    from {{ ref('fct_campaign_costs') }}
    union all
    select
        source_system,
        campaign_id,
        campaign_key,
        'media' as cost_type,
        spend as amount
    from {{ ref('fct_ad_stats') }}
    where spend_original is not null
)

select
    spent.campaign_key,
    coalesce(campaigns.source_system, spent.source_system) as source_system,
    coalesce(campaigns.campaign_id, spent.campaign_id) as campaign_id,
    spent.cost_type,
    count(*) as costs,
    count(*) - count(spent.amount) as unknown_costs,
    cast(coalesce(sum(spent.amount), 0) as decimal(18, 2)) as amount
from spent
left join {{ ref('dim_campaigns') }} as campaigns
    on spent.campaign_key = campaigns.campaign_key
group by
    spent.campaign_key,
    coalesce(campaigns.source_system, spent.source_system),
    coalesce(campaigns.campaign_id, spent.campaign_id),
    spent.cost_type
