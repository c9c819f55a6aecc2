-- Grain: one row per product of a system. Costs are in the reporting currency, at the rate of
-- the last day before as_of.
with products as (
    select * from {{ ref('stg_products') }}
),

rates as (
    select currency, rate
    from {{ ref('stg_fx_rates') }}
    where valid_on = {{ dbt.dateadd('day', -1, as_of_date()) }}
)

select
    {{ natural_key(['products.source_system', 'products.product_id']) }} as product_key,
    products.source_system,
    products.product_id,
    products.name,
    products.brand,
    products.category,
    products.subcategory,
    {{ converted('products.unit_cost', rate_of('products')) }} as unit_cost,
    products.launched_on
from products
left join rates
    on products.currency = rates.currency
