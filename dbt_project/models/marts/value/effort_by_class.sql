-- Grain: one row per ABC class, and (none) for customers without one: what was spent on each in the
-- trailing window beside what it brought, to see what C costs that A lacks.
with dates as (
    select * from {{ ref('int_value_dates') }}
    where is_as_of
),

customers as (
    select
        customers.customer_id,
        coalesce(classes.abc_class, '(none)') as abc_class
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('int_value_classes') }} as classes
        on
            customers.customer_id = classes.customer_id
            and classes.value_date = {{ as_of_date() }}
),

values_now as (
    select * from {{ ref('int_value_contributions') }}
    where value_date = {{ as_of_date() }}
),

costs_now as (
    select * from {{ ref('int_value_costs') }}
    where value_date = {{ as_of_date() }}
),

contacts as (
    select
        touches.customer_id,
        count(*) as contacts
    from {{ ref('fct_touchpoints') }} as touches
    inner join dates
        on
            touches.touch_date >= dates.window_start
            and touches.touch_date < dates.value_date
    where
        touches.direction = 'out'
        and touches.customer_id is not null
    group by touches.customer_id
),

cases as (
    select
        costs.customer_id,
        sum(costs.costs) as cases,
        sum(cast(costs.hours as decimal(18, 4))) as hours
    from {{ ref('fct_customer_costs') }} as costs
    inner join dates
        on
            costs.cost_date >= dates.window_start
            and costs.cost_date < dates.value_date
    where
        costs.kind = 'case'
        and costs.customer_id is not null
    group by costs.customer_id
),

classes as (
    select
        customers.abc_class,
        count(*) as customers,
        coalesce(sum(contacts.contacts), 0) as contacts,
        coalesce(sum(costs_now.contact_cost), 0) as contact_cost,
        coalesce(sum(cases.cases), 0) as cases,
        coalesce(sum(cases.hours), 0) as case_hours,
        coalesce(sum(costs_now.service_cost), 0) as service_cost,
        coalesce(sum(values_now.contribution), 0) as contribution
    from customers
    left join values_now
        on customers.customer_id = values_now.customer_id
    left join costs_now
        on customers.customer_id = costs_now.customer_id
    left join contacts
        on customers.customer_id = contacts.customer_id
    left join cases
        on customers.customer_id = cases.customer_id
    group by customers.abc_class
)

select
    {% for name in ['customers', 'contacts', 'contact_cost', 'case_hours', 'contribution'] -%}
    {{ ratio(name, 'sum(' ~ name ~ ') over ()') }} as {{ name }}_share,
    {% endfor -%}
    abc_class,
    customers,
    cast(contacts as bigint) as contacts,
    cast(contact_cost as decimal(18, 2)) as contact_cost,
    cast(cases as bigint) as cases,
    cast(case_hours as double) as case_hours,
    cast(service_cost as decimal(18, 2)) as service_cost,
    cast(contribution as decimal(18, 2)) as contribution
from classes
