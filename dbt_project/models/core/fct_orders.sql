-- Grain: one row per completed order before as_of. Refunds are netted here, whenever they came;
-- on their own date they stand in fct_refunds.
with orders as (
    select
        *,
        {{ natural_key(['source_system', 'order_id']) }} as order_key
    from {{ ref('stg_netted_orders') }}
),

costs as (
    select
        order_key,
        -- One line without a cost leaves the order's unknown.
        case when count(*) = count(cost_of_goods) then sum(cost_of_goods) end as cost_of_goods
    from {{ ref('fct_order_lines') }}
    group by order_key
)

select
    orders.order_key,
    orders.source_system,
    orders.order_id,
    bindings.customer_id,
    orders.person_record_id is not null as is_identifiable,
    orders.ordered_at,
    orders.order_date,
    orders.channel,
    orders.store_id,
    orders.employee_id,
    orders.campaign_id,
    orders.currency,
    cast(orders.gross_amount - orders.discount_amount as decimal(18, 2)) as amount_original,
    orders.fx_rate,
    orders.fx_date,
    orders.fx_rate is null as is_fx_missing,
    orders.gross_revenue,
    orders.discount,
    cast(orders.revenue as decimal(18, 2)) as revenue,
    cast(orders.refunded_amount as decimal(18, 2)) as refunded_amount,
    orders.net_revenue,
    cast(costs.cost_of_goods as decimal(18, 2)) as cost_of_goods,
    cast(orders.net_revenue - costs.cost_of_goods as decimal(18, 2)) as contribution,
    orders.is_fully_refunded
from orders
{{ bind_customer('orders') }}
left join costs
    on orders.order_key = costs.order_key
