-- Grain: one row per buyer: a customer who ever ordered, orders refunded in full aside.
-- Scores are joined together from factors: what of a prediction depends on (x, T), on (x, t_x)
-- or on the number of amounts is computed once for all buyers who share it. A model that was
-- refused leaves its factors NULL, and so the scores that are made of them.
with buyers as (
    select * from {{ source('prediction', 'buyers') }}
),

ages as (
    select * from {{ source('prediction', 'ages') }}
),

recencies as (
    select * from {{ source('prediction', 'recencies') }}
),

spends as (
    select * from {{ source('prediction', 'spends') }}
),

fits as (
    select
        max(case when model = 'bg_nbd' then fit_id end) as orders_fit_id,
        max(case when model = 'pareto_nbd' then fit_id end) as life_fit_id,
        max(case when model = 'gamma_gamma' then fit_id end) as spend_fit_id
    from {{ source('prediction', 'fits') }}
),

joined as (
    select
        buyers.customer_id,
        buyers.repeat_purchases,
        cast(buyers.recency_days as double) / 7 as recency_weeks,
        cast(buyers.age_days as double) / 7 as age_weeks,
        ages.expected_orders,
        ages.discounted_orders,
        ages.no_order,
        -- How much likelier to have left than to be there, as the two models see it. exp() of
        -- 700 is the greatest that a double holds.
        exp({{ at_most('recencies.log_leave - ages.log_stay', 700) }}) as odds_left,
        exp({{ at_most('recencies.log_gone - ages.log_alive', 700) }})
        * (1 - exp({{ at_most('ages.log_gone - recencies.log_gone', 0) }})) as odds_dead,
        spends.base + spends.weight * coalesce(
            cast(buyers.repeat_spend as double) / nullif(buyers.repeat_amounts, 0), 0
        ) as expected_order_value
    from buyers
    left join ages
        on
            buyers.repeat_purchases = ages.repeat_purchases
            and buyers.age_days = ages.age_days
    left join recencies
        on
            buyers.repeat_purchases = recencies.repeat_purchases
            and buyers.recency_days = recencies.recency_days
    left join spends
        on buyers.repeat_amounts = spends.repeat_amounts
),

scored as (
    select
        *,
        1 / (1 + odds_left) as p_there,
        1 / (1 + odds_dead) as p_alive
    from joined
)

select
    scored.customer_id,
    cast(scored.repeat_purchases as bigint) as repeat_purchases,
    scored.recency_weeks,
    scored.age_weeks,
    cast(scored.p_alive as double) as p_alive,
    cast(scored.p_there * scored.expected_orders as double) as expected_orders,
    cast(scored.expected_order_value as decimal(18, 2)) as expected_order_value,
    cast(
        scored.p_there * scored.discounted_orders * scored.expected_order_value as decimal(18, 2)
    ) as clv,
    -- No order comes from who is gone, nor from who is there and silent all through the horizon.
    cast(1 - scored.p_alive * (1 - scored.no_order) as double) as churn_risk,
    fits.orders_fit_id as fit_id,
    fits.life_fit_id,
    fits.spend_fit_id
from scored
cross join fits
