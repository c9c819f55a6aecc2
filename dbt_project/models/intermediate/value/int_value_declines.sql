-- Grain: one row per buyer: what the last decline_days brought beside the same days a year before,
-- and beside the 365 days before them. The ratio is the greater of the two that can be told.
{% set days = var('decline_days') %}
with orders as (
    select
        customer_id,
        order_date,
        net_revenue,
        order_date >= {{ days_before(as_of_date(), days) }} as is_recent,
        order_date >= {{ days_before(as_of_date(), days + 365) }}
        and order_date < {{ days_before(as_of_date(), 365) }} as is_year_before,
        order_date >= {{ days_before(as_of_date(), days + 365) }}
        and order_date < {{ days_before(as_of_date(), days) }} as is_before
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

buyers as (
    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(case when not is_recent then 1 end) as orders_before,
        coalesce(sum(case when is_recent then net_revenue end), 0) as revenue_recent,
        coalesce(sum(case when is_year_before then net_revenue end), 0) as revenue_year_before,
        coalesce(sum(case when is_before then net_revenue end), 0) as revenue_before
    from orders
    group by customer_id
),

ratios as (
    select
        *,
        {{ ratio('revenue_recent', 'revenue_year_before') }} as to_year_before,
        {{ ratio('365 * revenue_recent', days ~ ' * revenue_before') }} as to_before
    from buyers
)

select
    customer_id,
    first_order_date,
    last_order_date,
    orders_before,
    revenue_recent,
    revenue_year_before,
    revenue_before,
    case
        when to_before is null or to_year_before >= to_before then to_year_before
        else to_before
    end as decline_ratio
from ratios
