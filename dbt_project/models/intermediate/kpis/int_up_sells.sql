-- Grain: one row per customer and dearer product of a category that they buy in: dearer than the
-- dearest they own there, and not owned. Only the most bought of a category are offered, and of
-- those the best next_products: no other can be among the best of a customer.
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
    select
        product_id,
        category,
        unit_price,
        buyers,
        all_buyers,
        row_number() over (
            partition by category order by buyers desc, product_id asc
        ) as popularity
    from {{ ref('int_product_prices') }}
    where
        category is not null
        and unit_price is not null
),

-- Few of many thousand products, so that no category is compared with itself.
offered as (
    select * from prices
    where popularity <= {{ var('up_sell_products') }}
),

-- What is dearer than the dearest is not owned, unless a product was bought as of another category:
-- to such customers all are offered.
strays as (
    select distinct ownership.customer_id
    from {{ ref('int_ownership') }} as ownership
    inner join prices
        on ownership.product_id = prices.product_id
    where ownership.category is distinct from prices.category
),

dearest as (
    select distinct product_id
    from owned
    where place = 1
),

dearer as (
    select
        dearest.product_id,
        offered.product_id as dearer_product_id,
        prices.unit_price as cheaper_price,
        offered.unit_price,
        offered.buyers,
        offered.all_buyers
    from dearest
    inner join prices
        on dearest.product_id = prices.product_id
    inner join offered
        on
            prices.category = offered.category
            and prices.unit_price < offered.unit_price
),

ranked as (
    select
        product_id,
        dearer_product_id,
        unit_price / nullif(cheaper_price, 0) as price_ratio,
        buyers,
        all_buyers,
        row_number() over (
            partition by product_id
            order by buyers desc, unit_price asc, dearer_product_id asc
        ) as place
    from dearer
),

best as (
    select
        *,
        row_number() over (
            partition by product_id
            order by buyers desc, price_ratio asc nulls last, dearer_product_id asc
        ) as turn
    from ranked
    where place <= {{ var('pair_partners') }}
)

select
    owned.customer_id,
    best.dearer_product_id as product_id,
    owned.product_id as because_product_id,
    {{ ratio('best.buyers', 'best.all_buyers') }} as support,
    best.buyers,
    best.price_ratio
from owned
inner join best
    on owned.product_id = best.product_id
left join strays
    on owned.customer_id = strays.customer_id
left join {{ ref('int_ownership') }} as already
    on
        owned.customer_id = already.customer_id
        and best.dearer_product_id = already.product_id
where
    owned.place = 1
    and (best.turn <= {{ var('next_products') }} or strays.customer_id is not null)
    and already.product_id is null
