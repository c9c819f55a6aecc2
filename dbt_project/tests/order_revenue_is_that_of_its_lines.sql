-- Orders whose lines do not add up to what was charged, by more than a cent a line. A line that was
-- refused, or a source that rounds otherwise, does that: it warns.
{{ config(severity='warn') }}

with lines as (
    select
        order_key,
        count(*) as lines,
        sum(revenue) as revenue
    from {{ ref('fct_order_lines') }}
    group by order_key
)

select
    orders.order_key,
    orders.revenue,
    lines.revenue as line_revenue
from {{ ref('fct_orders') }} as orders
inner join lines
    on orders.order_key = lines.order_key
where abs(orders.revenue - lines.revenue) > 0.01 * lines.lines
