-- Grain: one row per value date and buyer, and at as_of one per customer who ordered or cost
-- something: what they brought in the window less what they cost, and what they could bring.
-- There is no fit of a past date: there the orders expected are those of the window, scaled to the
-- horizon; at as_of they are those of the fit, and without one potential is unknown.
with orders as (
    select * from {{ ref('int_value_orders') }}
),

costs as (
    select * from {{ ref('int_value_costs') }}
),

clv as (
    select * from {{ ref('customer_clv') }}
),

joined as (
    select
        coalesce(orders.value_date, costs.value_date) as value_date,
        coalesce(orders.customer_id, costs.customer_id) as customer_id,
        coalesce(orders.orders, 0) as orders,
        coalesce(orders.known_orders, 0) as known_orders,
        coalesce(orders.known_contribution, 0) as known_contribution,
        coalesce(orders.frequency, 0) as frequency,
        coalesce(orders.monetary, 0) as net_revenue,
        coalesce(orders.order_contribution, 0) as order_contribution,
        coalesce(orders.unknown_orders, 0) as unknown_orders,
        coalesce(costs.contact_cost, 0) as contact_cost,
        coalesce(costs.service_cost, 0) as service_cost
    from orders
    full outer join costs
        on
            orders.value_date = costs.value_date
            and orders.customer_id = costs.customer_id
),

means as (
    select
        value_date,
        {{ ratio('sum(known_contribution)', 'sum(known_orders)') }} as mean_contribution
    from orders
    group by value_date
),

-- A customer's own mean weighs as their orders do, the buyers' mean as potential_prior_orders.
shrunk as (
    select
        joined.*,
        case
            when joined.value_date = {{ as_of_date() }} then clv.expected_orders
            else
                {{ ratio('joined.frequency * ' ~ var('clv_horizon_days'), var('rfm_window_days')) }}
        end as expected_orders,
        (
            cast(joined.known_contribution as double)
            + {{ var('potential_prior_orders') }} * means.mean_contribution
        ) / (joined.known_orders + {{ var('potential_prior_orders') }}) as contribution_per_order
    from joined
    left join means
        on joined.value_date = means.value_date
    left join clv
        on
            joined.customer_id = clv.customer_id
            and joined.value_date = {{ as_of_date() }}
    where
        joined.orders > 0
        or joined.value_date = {{ as_of_date() }}
)

select
    value_date,
    customer_id,
    orders,
    frequency,
    net_revenue,
    cast(order_contribution as decimal(18, 2)) as order_contribution,
    unknown_orders,
    cast(contact_cost as decimal(18, 2)) as contact_cost,
    cast(service_cost as decimal(18, 2)) as service_cost,
    -- Sums are rounded once; a customer's classes follow the rounded value, as everybody sees it.
    cast(order_contribution - contact_cost - service_cost as decimal(18, 2)) as contribution,
    expected_orders,
    contribution_per_order,
    cast(
        expected_orders * contribution_per_order
        - cast(contact_cost + service_cost as double) as decimal(18, 2)
    ) as potential
from shrunk
