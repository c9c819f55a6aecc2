-- Grain: one row per customer, buyers and leads alike: where everyone starts.
with customers as (
    select * from {{ ref('dim_customers') }}
),

orders as (
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
),

rfm as (
    select customer_id, rfm_segment from {{ ref('customer_rfm') }}
),

clv as (
    select customer_id, clv, churn_risk from {{ ref('customer_clv') }}
),

-- No event means no consent; of several records of a customer the stricter status wins.
consents as (
    select
        customer_id,
        channel,
        min(case when status = 'granted' then 1 else 0 end) = 1 as is_granted
    from {{ ref('fct_consents') }}
    where
        is_current
        and purpose = 'marketing'
        and customer_id is not null
    group by customer_id, channel
),

reach as (
    select
        customer_id,
        max(case when channel = 'email' and is_granted then 1 else 0 end) = 1 as email,
        max(case when channel = 'phone' and is_granted then 1 else 0 end) = 1 as phone
    from consents
    group by customer_id
)

select
    customers.customer_id,
    rfm.rfm_segment,
    cast(coalesce(orders.orders, 0) as bigint) as orders,
    cast(coalesce(orders.net_revenue, 0) as decimal(18, 2)) as net_revenue,
    orders.first_order_date,
    orders.last_order_date,
    cast({{ dbt.datediff('orders.last_order_date', as_of_date(), 'day') }} as integer)
        as recency_days,
    clv.clv,
    clv.churn_risk,
    customers.has_email and coalesce(reach.email, false) as is_reachable_email,
    customers.has_phone and coalesce(reach.phone, false) as is_reachable_phone,
    customers.country,
    customers.language,
    customers.home_store_id,
    customers.account_owner,
    customers.source_record_count,
    customers.first_seen_at,
    {{ as_of_date() }} as as_of
from customers
left join orders
    on customers.customer_id = orders.customer_id
left join rfm
    on customers.customer_id = rfm.customer_id
left join clv
    on customers.customer_id = clv.customer_id
left join reach
    on customers.customer_id = reach.customer_id
