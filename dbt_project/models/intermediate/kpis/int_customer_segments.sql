-- Grain: one row per customer and dimension: ALL, and the segments that they have at as_of; (none)
-- where they have none.
with customers as (
    select
        customers.customer_id,
        coalesce(rfm.rfm_segment, '(none)') as rfm_segment,
        coalesce(valued.abc_class, '(none)') as abc_class,
        coalesce(valued.value_tier, '(none)') as value_tier,
        coalesce(valued.abc_class = 'A' or valued.value_tier = 'MVC', false) as is_valuable
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('customer_rfm') }} as rfm
        on customers.customer_id = rfm.customer_id
    left join {{ ref('customer_value') }} as valued
        on customers.customer_id = valued.customer_id
)

select customer_id, 'ALL' as dimension, 'ALL' as member, is_valuable from customers
{% for segment in ['rfm_segment', 'abc_class', 'value_tier'] -%}
union all
select customer_id, '{{ segment }}' as dimension, {{ segment }} as member, is_valuable
from customers
{% endfor %}
