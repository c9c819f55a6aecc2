-- Grain: one row per value date and customer who cost something in the window that ends there,
-- whether or not they buy: contacts and media, and what serving them took. Sums of 128 bits take a
-- microsecond each to round.
with dates as (
    select * from {{ ref('int_value_dates') }}
),

costs as (
    select * from {{ ref('fct_customer_costs') }}
    where customer_id is not null
)

select
    dates.value_date,
    costs.customer_id,
    cast(
        coalesce(sum(case when costs.kind in ('contact', 'media') then costs.amount end), 0)
        as decimal(18, 8)
    ) as contact_cost,
    cast(
        coalesce(sum(case when costs.kind in ('case', 'return') then costs.amount end), 0)
        as decimal(18, 8)
    ) as service_cost
from costs
inner join dates
    on
        costs.cost_date >= dates.window_start
        and costs.cost_date < dates.value_date
group by dates.value_date, costs.customer_id
