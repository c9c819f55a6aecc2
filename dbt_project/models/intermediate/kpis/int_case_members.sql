-- Grain: one row per month, dimension and member: complaints of ALL, of the segments that customers
-- have at as_of, of products and of their categories.
with complaints as (
    select
        outcomes.*,
        products.product_id,
        products.category
    from {{ ref('int_case_outcomes') }} as outcomes
    left join {{ ref('dim_products') }} as products
        on outcomes.product_key = products.product_key
    where outcomes.kind = 'complaint'
),

members as (
    select *, 'ALL' as dimension, 'ALL' as member
    from complaints
    {% for segment in ['rfm_segment', 'abc_class', 'value_tier'] -%}
    union all
    select
        complaints.*,
        '{{ segment }}' as dimension,
        coalesce(segments.member, '(none)') as member
    from complaints
    left join {{ ref('int_customer_segments') }} as segments
        on
            complaints.customer_id = segments.customer_id
            and segments.dimension = '{{ segment }}'
    {% endfor -%}
    union all
    select *, 'product' as dimension, product_id as member
    from complaints
    where product_id is not null
    union all
    select *, 'category' as dimension, category as member
    from complaints
    where category is not null
)

select
    dimension,
    member,
    month_start,
    count(*) as complaints,
    count(case when is_settled_at_once then 1 end) as settled_at_once,
    sum(weight) as complaints_weight
from members
group by dimension, member, month_start
