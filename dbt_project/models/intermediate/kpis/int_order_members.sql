-- Grain: one row per month, dimension and member: orders that were kept of ALL, of the segments
-- that customers have at as_of, with a product in them, and with a category.
with orders as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start
    from {{ ref('fct_orders') }}
    where not is_fully_refunded
),

buyers as (
    select customer_id, month_start, count(*) as orders
    from orders
    group by customer_id, month_start
),

contents as (
    select distinct
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start,
        order_key,
        product_id,
        category
    from {{ ref('int_sold_lines') }}
)

select 'ALL' as dimension, 'ALL' as member, month_start, sum(orders) as orders
from buyers
group by month_start
union all
{% for segment in ['rfm_segment', 'abc_class', 'value_tier'] -%}
select
    '{{ segment }}' as dimension,
    coalesce(segments.member, '(none)') as member,
    buyers.month_start,
    sum(buyers.orders) as orders
from buyers
left join {{ ref('int_customer_segments') }} as segments
    on
        buyers.customer_id = segments.customer_id
        and segments.dimension = '{{ segment }}'
group by coalesce(segments.member, '(none)'), buyers.month_start
union all
{% endfor -%}
select
    'product' as dimension,
    product_id as member,
    month_start,
    count(distinct order_key) as orders
from contents
where product_id is not null
group by product_id, month_start
union all
select
    'category' as dimension,
    category as member,
    month_start,
    count(distinct order_key) as orders
from contents
where category is not null
group by category, month_start
