-- Grain: one row per ordered pair of products that the same customers bought in the trailing
-- pair_window_days: who bought product_id, how much likelier than others they bought
-- other_product_id.
with bought as (
    select customer_id, product_id
    from {{ ref('int_ownership') }}
    where last_bought_on >= {{ dbt.dateadd('day', -1 * var('pair_window_days'), as_of_date()) }}
),

-- The pairs of a catalogue of a hundred thousand products would not fit any machine: those most
-- bought are paired.
ranked as (
    select
        *,
        row_number() over (order by buyers desc, product_id asc) as place
    from {{ ref('int_product_prices') }}
    where
        buyers >= {{ var('pair_min_buyers') }}
        and buyers >= {{ var('pair_min_support') }} * all_buyers
),

products as (
    select * from ranked
    where place <= {{ var('pair_products') }}
),

frequent as (
    select bought.customer_id, bought.product_id
    from bought
    inner join products
        on bought.product_id = products.product_id
),

-- A pair is counted once, and told both ways.
together as (
    select
        one.product_id,
        other.product_id as other_product_id,
        count(*) as buyers
    from frequent as one
    inner join frequent as other
        on
            one.customer_id = other.customer_id
            and one.product_id < other.product_id
    group by one.product_id, other.product_id
),

pairs as (
    select product_id, other_product_id, buyers
    from together
    union all
    select other_product_id as product_id, product_id as other_product_id, buyers
    from together
)

select
    pairs.product_id,
    pairs.other_product_id,
    cast(pairs.buyers as bigint) as buyers,
    {{ ratio('pairs.buyers', 'products.all_buyers') }} as support,
    {{ ratio('pairs.buyers', 'products.buyers') }} as confidence,
    cast(pairs.buyers as double) * products.all_buyers
    / (cast(products.buyers as double) * others.buyers) as lift
from pairs
inner join products
    on pairs.product_id = products.product_id
inner join products as others
    on pairs.other_product_id = others.product_id
where
    pairs.buyers >= {{ var('pair_min_buyers') }}
    and pairs.buyers >= {{ var('pair_min_support') }} * products.all_buyers
