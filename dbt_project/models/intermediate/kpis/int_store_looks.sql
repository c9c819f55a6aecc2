-- Grain: one row per visit of a customer to a store on a day on which they bought in none. Its
-- category is its topic if the catalogue has such a category; else any will do, and it is NULL.
with visits as (
    select * from {{ ref('fct_interactions') }}
    where
        kind = 'visit'
        and store_id is not null
        and customer_id is not null
),

bought as (
    select distinct customer_id, order_date
    from {{ ref('fct_orders') }}
    where
        channel = 'store'
        and customer_id is not null
        and not is_fully_refunded
),

categories as (
    select distinct category from {{ ref('dim_products') }}
    where category is not null
)

select
    visits.interaction_key,
    visits.customer_id,
    visits.occurred_at as looked_at,
    categories.category
from visits
left join bought
    on
        visits.customer_id = bought.customer_id
        and visits.interaction_date = bought.order_date
left join categories
    on visits.topic = categories.category
where bought.customer_id is null
