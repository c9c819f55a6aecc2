-- Grain: one row per value date and customer with a completed order before it: their orders until
-- then and in the window that ends there. Refunds count whenever they came. One refunded in full is
-- no order, but what it cost remains.
with dates as (
    select * from {{ ref('int_value_dates') }}
),

orders as (
    select
        customer_id,
        order_date,
        net_revenue,
        contribution,
        not is_fully_refunded as is_kept
    from {{ ref('fct_orders') }}
    where customer_id is not null
),

placed as (
    select
        dates.value_date,
        orders.*,
        orders.order_date >= dates.window_start as is_in_window
    from orders
    inner join dates
        on orders.order_date < dates.value_date
)

select
    value_date,
    customer_id,
    min(case when is_kept then order_date end) as first_order_date,
    max(case when is_kept then order_date end) as last_order_date,
    count(case when is_kept then 1 end) as orders,
    count(case when is_kept then contribution end) as known_orders,
    coalesce(sum(case when is_kept then contribution end), 0) as known_contribution,
    count(case when is_kept and is_in_window then 1 end) as frequency,
    -- An order without a rate or a cost counts and brings nothing that is known.
    coalesce(sum(case when is_kept and is_in_window then net_revenue end), 0) as monetary,
    coalesce(sum(case when is_in_window then contribution end), 0) as order_contribution,
    count(case when is_in_window and contribution is null then 1 end) as unknown_orders
from placed
group by value_date, customer_id
