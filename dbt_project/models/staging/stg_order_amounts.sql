-- Grain: one row per order, refund or cancellation before as_of, with its amounts in the
-- reporting currency. A missing rate leaves them NULL: it is never taken for one.
{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('stg_orders') }}
    where ordered_at < {{ as_of_at() }}
),

rated as (
    select
        orders.*,
        {{ rate_of('orders') }} as fx_rate,
        {{ rate_day('orders', 'order_date') }} as fx_date
    from orders
    {{ join_rates('orders', 'order_date') }}
)

select
    *,
    cast(gross_amount * fx_rate as decimal(18, 2)) as gross_revenue,
    cast(discount_amount * fx_rate as decimal(18, 2)) as discount,
    -- Refunds come with either sign; what they give back is positive here.
    cast(abs(abs(gross_amount) - abs(discount_amount)) * fx_rate as decimal(18, 2)) as refund
from rated
