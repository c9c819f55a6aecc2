-- Grain: one row per buyer: how long they usually wait between days with an order, and how long
-- the longest wait was that an order of the last won_back_days ended. The usual wait is their own
-- median from usual_gap_orders orders on, else the median over the buyers, each of whom counts once
-- with their own median, so that who orders every week does not set the pace of all.
with days as (
    select
        customer_id,
        order_date,
        count(*) as orders,
        lag(order_date) over (partition by customer_id order by order_date) as previous_date
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
    group by customer_id, order_date
),

gaps as (
    select
        *,
        {{ dbt.datediff('previous_date', 'order_date', 'day') }} as gap
    from days
),

buyers as (
    select
        customer_id,
        sum(orders) as orders,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        median(gap) as own_gap,
        max(
            case
                when order_date >= {{ days_before(as_of_date(), var('won_back_days')) }} then gap
            end
        ) as ended_gap
    from gaps
    group by customer_id
),

everybody as (
    select median(own_gap) as usual_gap from buyers
)

select
    buyers.customer_id,
    buyers.first_order_date,
    buyers.last_order_date,
    {{ dbt.datediff('buyers.last_order_date', as_of_date(), 'day') }} as recency_days,
    buyers.ended_gap,
    cast(
        case
            when buyers.orders >= {{ var('usual_gap_orders') }}
                then coalesce(buyers.own_gap, everybody.usual_gap)
            else everybody.usual_gap
        end as double
    ) as usual_gap
from buyers
cross join everybody
