-- Grain: one row per order that a quote or a case names, under the name that it uses: the order of
-- its own system, else of the only other system that has one of that number.
with named as (
    select source_system, order_id
    from {{ ref('stg_quotes') }}
    where order_id is not null
    union
    select source_system, order_id
    from {{ ref('stg_service_cases') }}
    where order_id is not null
),

ids as (
    select distinct order_id from named
),

orders as (
    select
        orders.source_system,
        orders.order_id,
        orders.order_key
    from {{ ref('fct_orders') }} as orders
    inner join ids
        on orders.order_id = ids.order_id
),

unmistakable as (
    select order_id, min(order_key) as order_key
    from orders
    group by order_id
    having count(*) = 1
)

select
    named.source_system,
    named.order_id,
    coalesce(orders.order_key, unmistakable.order_key) as order_key
from named
left join orders
    on
        named.source_system = orders.source_system
        and named.order_id = orders.order_id
left join unmistakable
    on named.order_id = unmistakable.order_id
