-- Grain: one row per customer who was contacted: the hour of the day, in the business time zone, at
-- which they answer most often (of equal ones the earliest), and how often they were contacted in
-- the last week.
with contacts as (
    select
        customer_id,
        touch_date,
        case when is_answered then {{ business_hour('answered_at') }} end as answer_hour
    from {{ ref('fct_touchpoints') }}
    where
        customer_id is not null
        and direction = 'out'
),

customers as (
    select
        customer_id,
        count(case when touch_date >= {{ days_before(as_of_date(), 7) }} then 1 end)
            as contacts_last_week
    from contacts
    group by customer_id
),

hours as (
    select
        customer_id,
        answer_hour,
        sum(count(*)) over (partition by customer_id) as answers,
        row_number() over (
            partition by customer_id order by count(*) desc, answer_hour asc
        ) as place
    from contacts
    where answer_hour is not null
    group by customer_id, answer_hour
)

select
    customers.customer_id,
    customers.contacts_last_week,
    hours.answer_hour as best_hour
from customers
left join hours
    on
        customers.customer_id = hours.customer_id
        and hours.place = 1
        and hours.answers >= {{ var('best_hour_answers') }}
