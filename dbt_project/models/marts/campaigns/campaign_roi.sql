-- Grain: one row per campaign: what it cost, what it is credited with by the model
-- roi_attribution, and what it brought more than its holdout did, of lists whose conversion_days
-- are over for everybody.
with costs as (
    select
        campaign_key,
        sum(case when cost_type = 'media' then amount else 0 end) as media_cost,
        sum(case when cost_type = 'media' then 0 else amount end) as other_cost,
        sum(amount) as total_cost,
        sum(unknown_costs) as unknown_costs
    from {{ ref('campaign_cost_types') }}
    where campaign_key is not null
    group by campaign_key
),

attributed as (
    select
        campaign_key,
        sum(revenue_credit) as revenue,
        sum(contribution_credit) as contribution
    from {{ ref('attribution_credits') }}
    where
        campaign_key is not null
        and model = '{{ var("roi_attribution") }}'
    group by campaign_key
),

arms as (
    select
        campaign_id,
        count(case when is_treated then 1 end) as treated,
        sum(case when is_treated then contribution end) as treated_contribution,
        count(case when not is_treated then 1 end) as held_out,
        sum(case when not is_treated then contribution end) as holdout_contribution,
        min(case when is_over then 1 else 0 end) = 1 as is_over
    from {{ ref('int_campaign_assignments') }}
    group by campaign_id
),

incremental as (
    select
        campaign_id,
        treated * (
            {{ ratio('treated_contribution', 'treated') }}
            - {{ ratio('holdout_contribution', 'held_out') }}
        ) as contribution
    from arms
    where is_over
),

joined as (
    select
        campaigns.campaign_key,
        campaigns.source_system,
        campaigns.campaign_id,
        campaigns.name as campaign_name,
        cast(coalesce(costs.media_cost, 0) as decimal(18, 2)) as media_cost,
        cast(coalesce(costs.other_cost, 0) as decimal(18, 2)) as other_cost,
        cast(coalesce(costs.total_cost, 0) as decimal(18, 2)) as total_cost,
        cast(coalesce(costs.unknown_costs, 0) as bigint) as unknown_costs,
        cast(coalesce(attributed.revenue, 0) as decimal(18, 2)) as attributed_revenue,
        cast(coalesce(attributed.contribution, 0) as decimal(18, 2)) as attributed_contribution,
        incremental.contribution as incremental_contribution
    from {{ ref('dim_campaigns') }} as campaigns
    left join costs
        on campaigns.campaign_key = costs.campaign_key
    left join attributed
        on campaigns.campaign_key = attributed.campaign_key
    left join incremental
        on campaigns.campaign_id = incremental.campaign_id
)

select
    *,
    {{ ratio('attributed_revenue', 'media_cost') }} as roas,
    {{ ratio('(attributed_contribution - total_cost)', 'total_cost') }} as roi,
    (incremental_contribution - cast(total_cost as double)) / nullif(total_cost, 0)
        as incremental_roi
from joined
