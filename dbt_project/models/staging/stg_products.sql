-- Grain: one row per product of a system.
with latest as (
    {{ latest('products', ['product_id']) }}
)

select
    source_system,
    product_id,
    name,
    brand,
    category,
    subcategory,
    unit_cost,
    list_price,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,
    launched_on
from latest
