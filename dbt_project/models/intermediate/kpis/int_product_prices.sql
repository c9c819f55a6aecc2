-- Grain: one row per product that known customers bought in the trailing pair_window_days: its
-- buyers, its category, and its mean price per unit before discount.
with lines as (
    select *
    from {{ ref('int_sold_lines') }}
    where
        customer_id is not null
        and product_id is not null
        and quantity > 0
        and order_date >= {{ dbt.dateadd('day', -1 * var('pair_window_days'), as_of_date()) }}
),

everybody as (
    select count(distinct customer_id) as all_buyers
    from lines
)

select
    lines.product_id,
    max(lines.category) as category,
    count(distinct lines.customer_id) as buyers,
    everybody.all_buyers,
    {{ ratio(
        'sum(lines.gross_revenue)',
        'sum(case when lines.gross_revenue is not null then lines.quantity end)'
    ) }} as unit_price
from lines
cross join everybody
group by lines.product_id, everybody.all_buyers
