-- Grain: one row per customer who ever ordered or cost something: what all their orders brought
-- less what they cost until as_of. An order refunded in full brings nothing and costs all the same.
with orders as (
    select customer_id, sum(contribution) as contribution
    from {{ ref('fct_orders') }}
    where customer_id is not null
    group by customer_id
),

costs as (
    select customer_id, sum(amount) as amount
    from {{ ref('fct_customer_costs') }}
    where customer_id is not null
    group by customer_id
)

select
    coalesce(orders.customer_id, costs.customer_id) as customer_id,
    cast(coalesce(orders.contribution, 0) - coalesce(costs.amount, 0) as decimal(18, 2))
        as lifetime_contribution
from orders
full outer join costs
    on orders.customer_id = costs.customer_id
