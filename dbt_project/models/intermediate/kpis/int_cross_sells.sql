-- Grain: one row per customer and product that they do not own, the best next_products of them,
-- told by the best of the pairs with what they own: by confidence, then lift, then the products'
-- ids. Only lifts above 1 tell anything.
with partners as (
    select
        *,
        row_number() over (
            partition by product_id order by confidence desc, lift desc, other_product_id asc
        ) as place
    from {{ ref('product_pairs') }}
    where lift > 1
),

-- One order of all pairs says of a customer's products what is best, and why.
pairs as (
    select
        *,
        row_number() over (
            order by confidence desc, lift desc, other_product_id asc, product_id asc
        ) as pair_place,
        count(*) over () as all_pairs
    from partners
    where place <= {{ var('pair_partners') }}
),

owned as (
    select customer_id, product_id from {{ ref('int_ownership') }}
),

-- The best tenth of the pairs has enough for most: who finds next_products there needs no others.
{% for found, buyers, some in [
    ('near', 'owned', 'pairs.pair_place <= 0.1 * pairs.all_pairs'), ('far', 'left_over', 'true')
] -%}
{{ found }}_finds as (
    select
        buyers.customer_id,
        pairs.other_product_id as product_id,
        min(pairs.pair_place) as pair_place
    from {{ buyers }} as buyers
    inner join pairs
        on buyers.product_id = pairs.product_id
    where {{ some }}
    group by buyers.customer_id, pairs.other_product_id
),

{{ found }} as (
    select finds.*
    from {{ found }}_finds as finds
    left join owned
        on
            finds.customer_id = owned.customer_id
            and finds.product_id = owned.product_id
    where owned.product_id is null
),

{% if found == 'near' -%}
served as (
    select customer_id
    from near
    group by customer_id
    having count(*) >= {{ var('next_products') }}
),

left_over as (
    select owned.*
    from owned
    left join served
        on owned.customer_id = served.customer_id
    where served.customer_id is null
),

{% endif -%}
{% endfor -%}
found as (
    select near.*
    from near
    inner join served
        on near.customer_id = served.customer_id
    union all
    select * from far
),

ranked as (
    select
        *,
        row_number() over (partition by customer_id order by pair_place) as place
    from found
)

select
    ranked.customer_id,
    ranked.product_id,
    pairs.product_id as because_product_id,
    pairs.support,
    pairs.confidence,
    pairs.lift
from ranked
inner join pairs
    on ranked.pair_place = pairs.pair_place
where ranked.place <= {{ var('next_products') }}
