-- Grain: one row per product that a line, a case or a web event names, under the name that it uses.
-- A system's own product comes first; one catalogue serves the systems that have none of their own.
with named as (
    select source_system, product_id
    from {{ ref('stg_order_lines') }}
    union
    select source_system, product_id
    from {{ ref('stg_service_cases') }}
    where product_id is not null
    union
    select source_system, product_id
    from {{ ref('stg_web_events') }}
    where product_id is not null
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
    named.source_system,
    named.product_id,
    coalesce(own.product_key, shared.product_key) as product_key,
    coalesce(own.unit_cost, shared.unit_cost) as unit_cost,
    coalesce(own.category, shared.category) as category
from named
left join products as own
    on
        named.source_system = own.source_system
        and named.product_id = own.product_id
left join product_systems
    on named.product_id = product_systems.product_id
left join products as shared
    on
        product_systems.source_system = shared.source_system
        and product_systems.product_id = shared.product_id
