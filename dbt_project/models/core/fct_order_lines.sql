-- Grain: one row per line of a completed order. A product that nobody knows, or that was sold
-- before it was launched, is sold all the same.
with lines as (
    select * from {{ ref('stg_order_lines') }}
),

catalogue as (
    select * from {{ ref('int_product_references') }}
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
)

select
    {{ natural_key(['orders.order_key', 'lines.line_id']) }} as line_key,
    orders.order_key,
    lines.source_system,
    lines.order_id,
    lines.line_id,
    catalogue.product_key,
    lines.product_id,
    orders.customer_id,
    orders.order_date,
    lines.quantity,
    {{ converted('lines.gross_amount', 'orders.fx_rate') }} as gross_revenue,
    {{ converted('lines.discount_amount', 'orders.fx_rate') }} as discount,
    {{ converted('lines.gross_amount', 'orders.fx_rate') }}
    - {{ converted('lines.discount_amount', 'orders.fx_rate') }} as revenue,
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
