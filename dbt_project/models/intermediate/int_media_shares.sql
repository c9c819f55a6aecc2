-- Grain: one row per month, channel of orders and buyer in it: their even share of the month's
-- media without an address, on the day of their first order there. A month without a buyer keeps
-- its media, and nobody bears it.
with media as (
    select
        month_start,
        order_channel,
        sum(amount) as amount
    from {{ ref('int_media_costs') }}
    group by month_start, order_channel
),

orders as (
    select
        customer_id,
        channel,
        order_date,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

buyers as (
    select
        month_start,
        coalesce(channel, 'ALL') as order_channel,
        customer_id,
        min(order_date) as cost_date
    from orders
    group by grouping sets ((month_start, channel, customer_id), (month_start, customer_id))
),

crowds as (
    select
        month_start,
        order_channel,
        count(*) as buyers
    from buyers
    group by month_start, order_channel
),

shares as (
    select
        media.month_start,
        media.order_channel,
        case
            when crowds.buyers is null then cast(media.amount as double)
            else {{ ratio('media.amount', 'crowds.buyers') }}
        end as amount
    from media
    left join crowds
        on
            media.month_start = crowds.month_start
            and media.order_channel = crowds.order_channel
)

select
    shares.month_start,
    shares.order_channel,
    buyers.customer_id,
    coalesce(buyers.cost_date, shares.month_start) as cost_date,
    cast(shares.amount as decimal(18, 8)) as amount
from shares
left join buyers
    on
        shares.month_start = buyers.month_start
        and shares.order_channel = buyers.order_channel
