-- The classes of effort_by_class hold all customers and all that they brought and cost: one row per
-- sum that differs from that of customer_360.
with classes as (
    select
        sum(customers) as customers,
        sum(contribution) as contribution
    from {{ ref('effort_by_class') }}
),

everybody as (
    select
        count(*) as customers,
        sum(contribution) as contribution
    from {{ ref('customer_360') }}
)

select
    classes.customers,
    everybody.customers as all_customers,
    classes.contribution,
    everybody.contribution as all_contribution
from classes
cross join everybody
where
    coalesce(classes.customers, 0) <> everybody.customers
    or coalesce(classes.contribution, 0) <> coalesce(everybody.contribution, 0)
