-- Grain: one row per customer and dearer product of a category that they buy in: dearer than the
-- dearest they own there, and not owned. Of each product only the next dearer ones are looked at.
with owned as (
    select
        ownership.customer_id,
        ownership.category,
        ownership.product_id,
        prices.unit_price,
        row_number() over (
            partition by ownership.customer_id, ownership.category
            order by prices.unit_price desc, ownership.product_id asc
        ) as place
    from {{ ref('int_ownership') }} as ownership
    inner join {{ ref('int_product_prices') }} as prices
        on ownership.product_id = prices.product_id
    where
        ownership.category is not null
        and prices.unit_price is not null
),

prices as (
    select * from {{ ref('int_product_prices') }}
    where
        category is not null
        and unit_price is not null
),

dearer as (
    select
        cheaper.product_id,
        prices.product_id as dearer_product_id,
        prices.unit_price / nullif(cheaper.unit_price, 0) as price_ratio,
        prices.buyers,
        prices.all_buyers,
        row_number() over (
            partition by cheaper.product_id
            order by prices.buyers desc, prices.unit_price asc, prices.product_id asc
        ) as place
    from prices as cheaper
    inner join prices
        on
            cheaper.category = prices.category
            and cheaper.unit_price < prices.unit_price
)

select
    owned.customer_id,
    dearer.dearer_product_id as product_id,
    owned.product_id as because_product_id,
    {{ ratio('dearer.buyers', 'dearer.all_buyers') }} as support,
    dearer.buyers,
    dearer.price_ratio,
    dearer.place
from owned
inner join dearer
    on owned.product_id = dearer.product_id
left join {{ ref('int_ownership') }} as already
    on
        owned.customer_id = already.customer_id
        and dearer.dearer_product_id = already.product_id
where
    owned.place = 1
    and dearer.place <= {{ var('pair_partners') }}
    and already.product_id is null
