-- Grain: one row per buyer, month and channel: their orders that were kept, and the days since the
-- order before, in whichever channel that was. Sums of 128 bits are slow to read and to add up.
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
    {% for name in ['gross_revenue', 'discount', 'net_revenue', 'contribution'] -%}
    cast(sum({{ name }}) as decimal(18, 2)) as {{ name }},
    {% endfor -%}
    cast(sum(revenue) as decimal(18, 2)) as kept_revenue,
    count(case when previous_date is null then 1 end) as first_orders,
    count(previous_date) as gaps,
    cast(sum({{ dbt.datediff('previous_date', 'order_date', 'day') }}) as bigint) as gap_days
from orders
group by customer_id, month_start, channel
