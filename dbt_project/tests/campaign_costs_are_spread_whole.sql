-- The costs of a campaign are what its deliveries cost together, or media: one row per campaign
-- whose sums differ by more than rounding.
with spent as (
    select
        campaign_key,
        sum(amount) as amount
    from {{ ref('fct_campaign_costs') }}
    group by campaign_key
),

spread as (
    select
        campaign_key,
        count(*) as messages,
        sum(cost) as amount
    from {{ ref('fct_touchpoints') }}
    where kind = 'message'
    group by campaign_key
)

select
    spent.campaign_key,
    spent.amount as spent,
    spread.amount as spread
from spent
inner join spread
    on spent.campaign_key = spread.campaign_key
where abs(spent.amount - spread.amount) > 0.01 + spread.messages / 1e8
