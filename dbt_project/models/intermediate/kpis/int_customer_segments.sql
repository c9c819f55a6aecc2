-- Grain: one row per customer and dimension: ALL, and the segments and stages that they have at
-- as_of; (none) where they have none.
with customers as (
    select
        *,
        coalesce(abc_class = 'A' or value_tier = 'MVC', false) as is_valuable
    from {{ ref('customer_360') }}
)

select customer_id, 'ALL' as dimension, 'ALL' as member, is_valuable
from customers
{% for segment in [
    'rfm_segment', 'abc_class', 'value_tier', 'lifecycle_stage', 'relationship_stage'
] -%}
union all
select
    customer_id,
    '{{ segment }}' as dimension,
    coalesce({{ segment }}, '(none)') as member,
    is_valuable
from customers
{% endfor %}
