-- Grain: one row per completed order before as_of. Refunds are netted here, whenever they came;
-- on their own date they stand in fct_refunds.
with orders as (
    select * from {{ ref('stg_completed_orders') }}
),

refunds as (
    select order_key, sum(amount) as refunded_amount
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
)

select
    priced.order_key,
    priced.source_system,
    priced.order_id,
    priced.customer_id,
    priced.person_record_id is not null as is_identifiable,
    priced.ordered_at,
    priced.order_date,
    priced.channel,
    priced.store_id,
    priced.employee_id,
    priced.campaign_id,
    priced.currency,
    cast(priced.gross_amount - priced.discount_amount as decimal(18, 2)) as amount_original,
    priced.fx_rate,
    priced.fx_date,
    priced.fx_rate is null as is_fx_missing,
    priced.gross_revenue,
    priced.discount,
    cast(priced.revenue as decimal(18, 2)) as revenue,
    cast(coalesce(refunds.refunded_amount, 0) as decimal(18, 2)) as refunded_amount,
    cast(priced.revenue - coalesce(refunds.refunded_amount, 0) as decimal(18, 2)) as net_revenue,
    cast(costs.cost_of_goods as decimal(18, 2)) as cost_of_goods,
    cast(
        priced.revenue - coalesce(refunds.refunded_amount, 0) - costs.cost_of_goods
        as decimal(18, 2)
    ) as contribution,
    coalesce(refunds.refunded_amount >= priced.revenue and priced.revenue > 0, false)
        as is_fully_refunded
from priced
left join refunds
    on priced.order_key = refunds.order_key
left join costs
    on priced.order_key = costs.order_key
