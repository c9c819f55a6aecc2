-- Grain: one row per line of an order, in its last version.
with latest as (
    {{ latest('order_lines', ['order_id', 'line_id']) }}
)

select
    source_system,
    order_id,
    line_id,
    product_id,
    quantity,
    gross_amount,
    coalesce(discount_amount, 0) as discount_amount
from latest
