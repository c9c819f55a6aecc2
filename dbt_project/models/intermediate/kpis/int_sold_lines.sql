-- Grain: one row per line of an order that was kept: its share of what the order brought after its
-- refunds, which name no line and so lower every line alike.
with orders as (
    select order_key, ordered_at, channel, revenue, net_revenue
    from {{ ref('fct_orders') }}
    where not is_fully_refunded
)

select
    lines.order_key,
    lines.line_id,
    lines.customer_id,
    lines.order_date,
    orders.ordered_at,
    orders.channel,
    lines.product_id,
    products.category,
    lines.quantity,
    lines.gross_revenue,
    lines.discount,
    lines.cost_of_goods,
    -- Sums of decimals come out the same whatever the order of the rows.
    cast(
        case
            when orders.net_revenue is null then null
            when orders.revenue in (0, orders.net_revenue) then cast(lines.revenue as double)
            else lines.revenue * {{ ratio('orders.net_revenue', 'orders.revenue') }}
        end as decimal(18, 6)
    ) as net_revenue
from {{ ref('fct_order_lines') }} as lines
inner join orders
    on lines.order_key = orders.order_key
left join {{ ref('dim_products') }} as products
    on lines.product_key = products.product_key
