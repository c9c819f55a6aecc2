-- Grain: one row per month, dimension and member: orders that were kept of ALL, of an RFM segment, with
-- a product in them, and with a category.
with orders as (
    select
        orders.order_key,
        cast({{ dbt.date_trunc('month', 'orders.order_date') }} as date) as month_start,
        coalesce(rfm.rfm_segment, '(none)') as rfm_segment
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('customer_rfm') }} as rfm
        on orders.customer_id = rfm.customer_id
    where not orders.is_fully_refunded
),

contents as (
    select distinct
        orders.month_start,
        orders.order_key,
        lines.product_id,
        products.category
    from orders
    inner join {{ ref('fct_order_lines') }} as lines
        on orders.order_key = lines.order_key
    left join {{ ref('dim_products') }} as products
        on lines.product_key = products.product_key
)

select 'ALL' as dimension, 'ALL' as member, month_start, count(*) as orders
from orders
group by month_start
union all
select 'rfm_segment' as dimension, rfm_segment as member, month_start, count(*) as orders
from orders
group by rfm_segment, month_start
union all
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
