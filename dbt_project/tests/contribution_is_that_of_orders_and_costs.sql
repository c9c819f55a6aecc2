-- What customers brought of all time is what their orders brought less what they cost, neither lost
-- nor doubled by a join: a row if it differs by more than rounding.
with customers as (
    select
        count(*) as customers,
        sum(lifetime_contribution) as contribution
    from {{ ref('customer_360') }}
),

orders as (
    select sum(contribution) as contribution
    from {{ ref('fct_orders') }}
    where customer_id is not null
),

costs as (
    select sum(amount) as amount
    from {{ ref('fct_customer_costs') }}
    where customer_id is not null
)

select
    customers.contribution,
    orders.contribution as order_contribution,
    costs.amount
from customers
cross join orders
cross join costs
where
    abs(
        coalesce(customers.contribution, 0)
        - coalesce(orders.contribution, 0)
        + coalesce(costs.amount, 0)
    ) > 0.01 * customers.customers
