-- Grain: one row per completed order before as_of, less the refunds that name it, whenever they
-- came. Who ordered plays no part, so that the predictions can be made of it before core.
{{ config(materialized='view') }}

with orders as (
    select
        *,
        gross_revenue - discount as revenue
    from {{ ref('stg_completed_orders') }}
),

refunds as (
    select
        source_system,
        refers_to,
        sum(refund) as refunded_amount,
        sum(cast(abs(abs(gross_amount) - abs(discount_amount)) as decimal(18, 2)))
            as refunded_original,
        min(currency) as currency,
        max(currency) as other_currency,
        -- One refund without a rate leaves unknown what is left of the order.
        count(*) > count(refund) as is_unknown
    from {{ ref('stg_order_amounts') }}
    where
        kind = 'refund'
        and status = 'completed'
    group by source_system, refers_to
),

netted as (
    select
        orders.*,
        case
            when not coalesce(refunds.is_unknown, false) then coalesce(refunds.refunded_amount, 0)
        end as refunded_amount,
        -- All of it is all of it whatever the rates of the two days: told in the order's currency.
        case
            when refunds.currency = orders.currency and refunds.other_currency = orders.currency
                then refunds.refunded_original >= orders.gross_amount - orders.discount_amount
            else refunds.refunded_amount >= orders.revenue
        end as is_refunded
    from orders
    left join refunds
        on
            orders.source_system = refunds.source_system
            and orders.order_id = refunds.refers_to
)

select
    *,
    cast(revenue - refunded_amount as decimal(18, 2)) as net_revenue,
    coalesce(is_refunded and gross_amount > discount_amount, false) as is_fully_refunded
from netted
