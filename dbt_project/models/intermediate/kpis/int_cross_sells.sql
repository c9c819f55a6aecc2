-- Grain: one row per customer and product that they do not own, told by the best of the pairs with
-- what they own: by confidence, then lift, then the products' ids. Only lifts above 1 tell
-- anything.
with pairs as (
    select *
    from {{ ref('product_pairs') }}
    where lift > 1
),

best_partners as (
    select
        *,
        row_number() over (
            partition by product_id order by confidence desc, lift desc, other_product_id asc
        ) as place
    from pairs
),

candidates as (
    select
        owned.customer_id,
        partners.other_product_id as product_id,
        partners.product_id as because_product_id,
        partners.support,
        partners.confidence,
        partners.lift,
        row_number() over (
            partition by owned.customer_id, partners.other_product_id
            order by partners.confidence desc, partners.lift desc, partners.product_id asc
        ) as place
    from {{ ref('int_ownership') }} as owned
    inner join best_partners as partners
        on
            owned.product_id = partners.product_id
            and partners.place <= {{ var('pair_partners') }}
)

select
    candidates.customer_id,
    candidates.product_id,
    candidates.because_product_id,
    candidates.support,
    candidates.confidence,
    candidates.lift
from candidates
left join {{ ref('int_ownership') }} as owned
    on
        candidates.customer_id = owned.customer_id
        and candidates.product_id = owned.product_id
where
    candidates.place = 1
    and owned.product_id is null
