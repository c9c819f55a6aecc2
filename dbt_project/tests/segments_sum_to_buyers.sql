-- On every month end each customer who had ordered until then is in the history once: one row per
-- month end that holds another number of buyers.
with firsts as (
    select
        customer_id,
        min(order_date) as first_order_date
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
    group by customer_id
),

ends as (
    select month_end from {{ ref('int_value_dates') }}
    where month_end is not null
),

buyers as (
    select
        ends.month_end,
        count(firsts.customer_id) as buyers
    from ends
    left join firsts
        on firsts.first_order_date <= ends.month_end
    group by ends.month_end
),

history as (
    select
        month_end,
        count(*) as customers
    from {{ ref('segment_history') }}
    group by month_end
)

select
    buyers.month_end,
    buyers.buyers,
    history.customers
from buyers
left join history
    on buyers.month_end = history.month_end
where buyers.buyers <> coalesce(history.customers, 0)
