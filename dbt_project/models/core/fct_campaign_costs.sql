-- Grain: one row per cost of a campaign before as_of, in the reporting currency.
with costs as (
    select * from {{ ref('stg_campaign_costs') }}
    where cost_date < {{ as_of_date() }}
),

rated as (
    select
        costs.*,
        {{ rate_of('costs') }} as fx_rate,
        {{ rate_day('costs', 'cost_date') }} as fx_date
    from costs
    {{ join_rates('costs', 'cost_date') }}
)

select
    {{ natural_key(['costs.source_system', 'costs.cost_id']) }} as cost_key,
    costs.source_system,
    costs.cost_id,
    costs.campaign_id,
    {{ found('campaign_id', 'campaign_key') }} as campaign_key,
    costs.cost_date,
    costs.cost_type,
    costs.cost_type = 'media' as is_media,
    costs.amount as amount_original,
    costs.currency,
    costs.fx_rate,
    costs.fx_date,
    costs.fx_rate is null as is_fx_missing,
    {{ converted('costs.amount', 'costs.fx_rate') }} as amount
from rated as costs
{{ find('costs', 'dim_campaigns', 'campaign_id', 'campaign_key') }}
