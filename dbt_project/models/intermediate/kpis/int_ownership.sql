-- Grain: one row per customer and product that they ever bought and did not give back with a whole
-- order: when last, at which price per unit before discount.
select
    customer_id,
    product_id,
    max(category) as category,
    max(order_date) as last_bought_on,
    {{ ratio(
        'sum(gross_revenue)',
        'sum(case when gross_revenue is not null then quantity end)'
    ) }} as unit_price
from {{ ref('int_sold_lines') }}
where
    customer_id is not null
    and product_id is not null
    and quantity > 0
group by customer_id, product_id
