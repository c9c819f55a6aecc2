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
    {{ converted('gross_amount', 'fx_rate') }} as gross_revenue,
    {{ converted('discount_amount', 'fx_rate') }} as discount,
    -- Refunds come with either sign; what they give back is positive here.
    {{ converted('abs(abs(gross_amount) - abs(discount_amount))', 'fx_rate') }} as refund
from rated
