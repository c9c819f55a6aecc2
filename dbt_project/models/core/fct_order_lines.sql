-- Grain: one row per line of a completed order.
with lines as (
    select * from {{ ref('stg_order_lines') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

-- What every line of an order shares is looked up once per order, not once per line.
orders as (
    select
        orders.source_system,
        orders.order_id,
        {{ natural_key(['orders.source_system', 'orders.order_id']) }} as order_key,
        orders.order_date,
        orders.fx_rate,
        bindings.customer_id
    from {{ ref('stg_completed_orders') }} as orders
    {{ bind_customer('orders') }}
),

product_systems as (
    select product_id, min(source_system) as source_system
    from products
    group by product_id
),

sold as (
    select source_system, product_id
    from lines
    group by source_system, product_id
),

-- One catalogue serves the systems that have none of their own.
catalogue as (
    select
        sold.source_system,
        sold.product_id,
        coalesce(own.product_key, shared.product_key) as product_key,
        coalesce(own.unit_cost, shared.unit_cost) as unit_cost
    from sold
    left join products as own
        on
            sold.source_system = own.source_system
            and sold.product_id = own.product_id
    left join product_systems
        on sold.product_id = product_systems.product_id
    left join products as shared
        on
            product_systems.source_system = shared.source_system
            and product_systems.product_id = shared.product_id
)

select
    {{ natural_key(['orders.order_key', 'lines.line_id']) }} as line_key,
    orders.order_key,
    lines.source_system,
    lines.order_id,
    lines.line_id,
    catalogue.product_key,
    orders.customer_id,
    orders.order_date,
    lines.quantity,
    cast(lines.gross_amount * orders.fx_rate as decimal(18, 2)) as gross_revenue,
    cast(lines.discount_amount * orders.fx_rate as decimal(18, 2)) as discount,
    cast(lines.gross_amount * orders.fx_rate as decimal(18, 2))
    - cast(lines.discount_amount * orders.fx_rate as decimal(18, 2)) as revenue,
    cast(lines.quantity * catalogue.unit_cost as decimal(18, 2)) as cost_of_goods
from lines
inner join orders
    on
        lines.source_system = orders.source_system
        and lines.order_id = orders.order_id
inner join catalogue
    on
        lines.source_system = catalogue.source_system
        and lines.product_id = catalogue.product_id
