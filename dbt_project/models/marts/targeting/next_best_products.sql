-- Grain: one row per customer, kind (cross_sell, up_sell) and rank up to next_products: products
-- that they do not own, the best first, and why.
with cross_ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by confidence desc, lift desc, product_id asc
        ) as place
    from {{ ref('int_cross_sells') }}
),

up_ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by buyers desc, price_ratio asc nulls last, product_id asc
        ) as rank_of_all
    from {{ ref('int_up_sells') }}
),

together as (
    select
        customer_id,
        'cross_sell' as kind,
        place,
        product_id,
        because_product_id,
        support,
        confidence,
        lift,
        cast(null as double) as price_ratio
    from cross_ranked
    union all
    select
        customer_id,
        'up_sell' as kind,
        rank_of_all as place,
        product_id,
        because_product_id,
        support,
        cast(null as double) as confidence,
        cast(null as double) as lift,
        price_ratio
    from up_ranked
)

select
    customer_id,
    kind,
    cast(place as integer) as rank,
    product_id,
    because_product_id,
    support,
    confidence,
    lift,
    price_ratio,
    case kind
        when 'cross_sell' then concat('buyers of ', because_product_id, ' also buy it')
        else concat('dearer than ', because_product_id, ', same category')
    end as reason
from together
where place <= {{ var('next_products') }}
