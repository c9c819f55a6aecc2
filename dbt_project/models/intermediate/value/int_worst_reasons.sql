-- Grain: one row per customer who ever ordered or was quoted, with what speaks against them. Orders
-- fall three half-years in a row if each of the last three has fewer than the one before it.
with orders as (
    select
        customer_id,
        {% for half in range(4) -%}
        count(
            case
                when
                    order_date >= {{ months_before(as_of_date(), 6 * half + 6) }}
                    and order_date < {{ months_before(as_of_date(), 6 * half) }}
                    then 1
            end
        ) as orders_{{ half }},
        {% endfor -%}
        max(order_date) as last_order_date
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
    group by customer_id
),

quotes as (
    select
        customer_id,
        count(case when is_recent then 1 end) as quotes,
        count(case when is_recent and status = 'won' then 1 end) as won
    from (
        select
            customer_id,
            status,
            quote_date >= {{ days_before(as_of_date(), var('worst_days')) }} as is_recent
        from {{ ref('fct_quotes') }}
        where customer_id is not null
    ) as dated
    group by customer_id
)

select
    coalesce(orders.customer_id, quotes.customer_id) as customer_id,
    orders.last_order_date,
    quotes.customer_id is not null as is_quoted,
    coalesce(orders.last_order_date < {{ days_before(as_of_date(), var('worst_days')) }}, true)
        as is_silent,
    coalesce(
        orders.orders_0 < orders.orders_1
        and orders.orders_1 < orders.orders_2
        and orders.orders_2 < orders.orders_3,
        false
    ) as is_falling,
    coalesce(quotes.quotes >= {{ var('worst_quotes') }} and quotes.won = 0, false) as is_never_won
from orders
full outer join quotes
    on orders.customer_id = quotes.customer_id
