-- Grain: one row per buyer: all their orders, those refunded in full aside.
select
    customer_id,
    count(*) as orders,
    sum(net_revenue) as net_revenue,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date
from {{ ref('fct_orders') }}
where
    customer_id is not null
    and not is_fully_refunded
group by customer_id
