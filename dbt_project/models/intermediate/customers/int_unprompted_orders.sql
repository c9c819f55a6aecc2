-- Grain: one row per customer with an order in the last relationship_months: how many there were,
-- and how many nobody prompted: no contact went out to the customer and no order of theirs, this
-- one included, had a discount in the prompt_days before.
with orders as (
    select
        customer_id,
        ordered_at,
        order_date,
        discount > 0 as is_discounted
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

prompts as (
    select
        customer_id,
        touched_at as happened_at,
        touched_at as prompted_at,
        false as is_order,
        cast(null as date) as order_date
    from {{ ref('fct_touchpoints') }}
    where
        direction = 'out'
        and customer_id is not null
    union all
    select
        customer_id,
        ordered_at as happened_at,
        case when is_discounted then ordered_at end as prompted_at,
        true as is_order,
        order_date
    from orders
),

-- Of one moment all count.
prompted as (
    select
        *,
        max(prompted_at) over (
            partition by customer_id
            order by happened_at
            range between unbounded preceding and current row
        ) as last_prompted_at
    from prompts
)

select
    customer_id,
    count(*) as orders,
    count(
        case
            when
                last_prompted_at is null
                or last_prompted_at
                < {{ dbt.dateadd('day', -var('prompt_days'), 'happened_at') }}
                then 1
        end
    ) as unprompted_orders
from prompted
where
    is_order
    and order_date >= {{ months_before(as_of_date(), var('relationship_months')) }}
group by customer_id
