-- Grain: one row per line of a completed order.
with orders as (
    select * from {{ ref('stg_completed_orders') }}
),

lines as (
    select * from {{ ref('stg_order_lines') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

product_systems as (
    select product_id, min(source_system) as source_system
    from products
    group by product_id
)

select
    {{ natural_key(['lines.source_system', 'lines.order_id', 'lines.line_id']) }} as line_key,
    {{ natural_key(['lines.source_system', 'lines.order_id']) }} as order_key,
    lines.source_system,
    lines.order_id,
    lines.line_id,
    coalesce(own.product_key, shared.product_key) as product_key,
    bindings.customer_id,
    orders.order_date,
    lines.quantity,
    cast(lines.gross_amount * orders.fx_rate as decimal(18, 2)) as gross_revenue,
    cast(lines.discount_amount * orders.fx_rate as decimal(18, 2)) as discount,
    cast((lines.gross_amount - lines.discount_amount) * orders.fx_rate as decimal(18, 2))
        as revenue,
    cast(
        lines.quantity * coalesce(own.unit_cost, shared.unit_cost) as decimal(18, 2)
    ) as cost_of_goods
from lines
inner join orders
    on
        lines.source_system = orders.source_system
        and lines.order_id = orders.order_id
left join products as own
    on
        lines.source_system = own.source_system
        and lines.product_id = own.product_id
-- One catalogue serves the systems that have none of their own.
left join product_systems
    on lines.product_id = product_systems.product_id
left join products as shared
    on
        product_systems.source_system = shared.source_system
        and product_systems.product_id = shared.product_id
{{ bind_customer('orders') }}
