-- Grain: one row per customer and dearer product of a category that they buy in: dearer than the
-- dearest they own there, and not owned. Only the most bought of a category are offered.
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
)

select
    owned.customer_id,
    ranked.dearer_product_id as product_id,
    owned.product_id as because_product_id,
    {{ ratio('ranked.buyers', 'ranked.all_buyers') }} as support,
    ranked.buyers,
    ranked.price_ratio,
    ranked.place
from owned
inner join ranked
    on owned.product_id = ranked.product_id
left join {{ ref('int_ownership') }} as already
    on
        owned.customer_id = already.customer_id
        and ranked.dearer_product_id = already.product_id
where
    owned.place = 1
    and ranked.place <= {{ var('pair_partners') }}
    and already.product_id is null
