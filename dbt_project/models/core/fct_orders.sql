-- Grain: one row per completed order before as_of. Refunds are netted here, whenever they came;
-- on their own date they stand in fct_refunds.
with orders as (
    select * from {{ ref('stg_completed_orders') }}
),

refunds as (
    select
        order_key,
        sum(amount) as refunded_amount,
        sum(amount_original) as refunded_original,
        min(currency) as currency,
        max(currency) as other_currency,
        -- One refund without a rate leaves unknown what is left of the order.
        count(*) > count(amount) as is_unknown
    from {{ ref('fct_refunds') }}
    group by order_key
),

costs as (
    select
        order_key,
        -- One line without a cost leaves the order's unknown.
        case when count(*) = count(cost_of_goods) then sum(cost_of_goods) end as cost_of_goods
    from {{ ref('fct_order_lines') }}
    group by order_key
),

priced as (
    select
        orders.*,
        {{ natural_key(['orders.source_system', 'orders.order_id']) }} as order_key,
        bindings.customer_id,
        orders.gross_revenue - orders.discount as revenue
    from orders
    {{ bind_customer('orders') }}
),

netted as (
    select
        priced.*,
        case
            when not coalesce(refunds.is_unknown, false) then coalesce(refunds.refunded_amount, 0)
        end as refunded_amount,
        -- All of it is all of it whatever the rates of the two days: told in the order's currency.
        case
            when refunds.currency = priced.currency and refunds.other_currency = priced.currency
                then refunds.refunded_original >= priced.gross_amount - priced.discount_amount
            else refunds.refunded_amount >= priced.revenue
        end as is_refunded
    from priced
    left join refunds
        on priced.order_key = refunds.order_key
)

select
    netted.order_key,
    netted.source_system,
    netted.order_id,
    netted.customer_id,
    netted.person_record_id is not null as is_identifiable,
    netted.ordered_at,
    netted.order_date,
    netted.channel,
    netted.store_id,
    netted.employee_id,
    netted.campaign_id,
    netted.currency,
    cast(netted.gross_amount - netted.discount_amount as decimal(18, 2)) as amount_original,
    netted.fx_rate,
    netted.fx_date,
    netted.fx_rate is null as is_fx_missing,
    netted.gross_revenue,
    netted.discount,
    cast(netted.revenue as decimal(18, 2)) as revenue,
    cast(netted.refunded_amount as decimal(18, 2)) as refunded_amount,
    cast(netted.revenue - netted.refunded_amount as decimal(18, 2)) as net_revenue,
    cast(costs.cost_of_goods as decimal(18, 2)) as cost_of_goods,
    cast(
        netted.revenue - netted.refunded_amount - costs.cost_of_goods
        as decimal(18, 2)
    ) as contribution,
    coalesce(netted.is_refunded and netted.gross_amount > netted.discount_amount, false)
        as is_fully_refunded
from netted
left join costs
    on netted.order_key = costs.order_key
