-- Grain: one row per order, refund or cancellation before as_of, with its amounts in the
-- reporting currency. A missing rate leaves them NULL: it is never taken for one.
with orders as (
    select * from {{ ref('stg_orders') }}
    where ordered_at < {{ as_of_at() }}
),

rates as (
    select * from {{ ref('stg_fx_rates') }}
),

rated as (
    select
        orders.*,
        case
            when orders.currency = '{{ var("reporting_currency") }}' then cast(1 as decimal(18, 8))
            else rates.rate
        end as fx_rate,
        case
            when orders.currency = '{{ var("reporting_currency") }}' then orders.order_date
            else rates.fx_date
        end as fx_date
    from orders
    left join rates
        on
            orders.currency = rates.currency
            and orders.order_date = rates.valid_on
)

select
    *,
    cast(gross_amount * fx_rate as decimal(18, 2)) as gross_revenue,
    cast(discount_amount * fx_rate as decimal(18, 2)) as discount,
    -- Refunds come with either sign; what they give back is positive here.
    cast(abs(abs(gross_amount) - abs(discount_amount)) * fx_rate as decimal(18, 2)) as refund
from rated
