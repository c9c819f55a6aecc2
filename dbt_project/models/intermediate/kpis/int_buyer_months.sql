-- Grain: one row per buyer, month and channel: their orders that were kept, and the days since the
-- order before, in whichever channel that was.
with orders as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start,
        lag(order_date) over (
            partition by customer_id order by ordered_at, order_key
        ) as previous_date
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
)

select
    customer_id,
    month_start,
    channel,
    count(*) as orders,
    count(revenue) as rated_orders,
    sum(revenue) as kept_revenue,
    sum(gross_revenue) as gross_revenue,
    sum(discount) as discount,
    sum(net_revenue) as net_revenue,
    sum(contribution) as contribution,
    count(case when previous_date is null then 1 end) as first_orders,
    count(previous_date) as gaps,
    sum({{ dbt.datediff('previous_date', 'order_date', 'day') }}) as gap_days
from orders
group by customer_id, month_start, channel
