-- Grain: one row per order and product of which units came back: those that its refunds list; all
-- of an order that was refunded in full and whose refunds list none.
with refunds as (
    select source_system, order_id, refers_to
    from {{ ref('stg_order_amounts') }}
    where
        kind = 'refund'
        and status = 'completed'
),

listed as (
    select
        {{ natural_key(['refunds.source_system', 'refunds.refers_to']) }} as order_key,
        lines.product_id,
        sum(abs(lines.quantity)) as units
    from refunds
    inner join {{ ref('stg_order_lines') }} as lines
        on
            refunds.source_system = lines.source_system
            and refunds.order_id = lines.order_id
    where lines.product_id is not null
    group by {{ natural_key(['refunds.source_system', 'refunds.refers_to']) }}, lines.product_id
),

orders as (
    select order_key, is_fully_refunded from {{ ref('fct_orders') }}
),

listing as (
    select distinct order_key from listed
),

whole as (
    select
        lines.order_key,
        lines.product_id,
        sum(lines.quantity) as units
    from {{ ref('fct_order_lines') }} as lines
    inner join orders
        on lines.order_key = orders.order_key
    left join listing
        on lines.order_key = listing.order_key
    where
        orders.is_fully_refunded
        and listing.order_key is null
        and lines.product_id is not null
    group by lines.order_key, lines.product_id
)

select
    listed.order_key,
    listed.product_id,
    listed.units
from listed
inner join orders
    on listed.order_key = orders.order_key
union all
select order_key, product_id, units from whole
