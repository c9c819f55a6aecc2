-- Grain: one row per complaint, dimension and member that it belongs to: ALL, the RFM segment of its
-- customer, its product and the product's category.
with complaints as (
    select
        outcomes.*,
        rfm.rfm_segment,
        products.product_id,
        products.category
    from {{ ref('int_case_outcomes') }} as outcomes
    left join {{ ref('customer_rfm') }} as rfm
        on outcomes.customer_id = rfm.customer_id
    left join {{ ref('dim_products') }} as products
        on outcomes.product_key = products.product_key
    where outcomes.kind = 'complaint'
)

{% for dimension, member in {
    'ALL': "'ALL'", 'rfm_segment': "coalesce(rfm_segment, '(none)')", 'product': 'product_id',
    'category': 'category'
}.items() %}
select
    '{{ dimension }}' as dimension,
    {{ member }} as member,
    month_start,
    count(*) as complaints,
    count(case when is_settled_at_once then 1 end) as settled_at_once,
    sum(weight) as complaints_weight
from complaints
where {{ member }} is not null
group by {{ member }}, month_start
{{ 'union all' if not loop.last }}
{% endfor %}
