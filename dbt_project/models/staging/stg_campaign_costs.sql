-- Grain: one row per cost of a campaign, as it was paid.
with latest as (
    {{ latest('campaign_costs', ['cost_id']) }}
)

select
    source_system,
    cost_id,
    campaign_id,
    cost_date,
    lower(trim(cost_type)) as cost_type,
    amount,
    upper(currency) as currency
from latest
