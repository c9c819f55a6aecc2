-- Grain: one row per RFM segment ((none): nobody known, or never ordered), category and discount
-- band: what the trailing rfm_window_days sold at that discount. Bands: 0, up to 5, 10, 20 %,
-- above; unknown where no rate was known.
{% set bands = var('discount_bands') %}
with lines as (
    select
        coalesce(rfm.rfm_segment, '(none)') as rfm_segment,
        coalesce(sold.category, 'unknown') as category,
        sold.order_key,
        sold.quantity,
        sold.gross_revenue,
        sold.discount,
        sold.net_revenue,
        sold.cost_of_goods
    from {{ ref('int_sold_lines') }} as sold
    left join {{ ref('customer_rfm') }} as rfm
        on sold.customer_id = rfm.customer_id
    where
        sold.order_date >= {{ dbt.dateadd('day', -1 * var('rfm_window_days'), as_of_date()) }}
),

banded as (
    select
        *,
        case
            when discount is null or gross_revenue is null then 'unknown'
            when discount <= 0 then '0'
            {% for limit in bands -%}
            when 100 * discount <= {{ limit }} * gross_revenue then '<= {{ limit }} %'
            {% endfor -%}
            else '> {{ bands[-1] }} %'
        end as discount_band
    from lines
),

summed as (
    select
        rfm_segment,
        category,
        discount_band,
        count(distinct order_key) as orders,
        sum(quantity) as units,
        sum(net_revenue) as net_revenue,
        sum(net_revenue - cost_of_goods) as contribution
    from banded
    group by rfm_segment, category, discount_band
)

select
    rfm_segment,
    category,
    discount_band,
    cast(orders as bigint) as orders,
    cast(units as decimal(18, 3)) as units,
    cast(coalesce(net_revenue, 0) as decimal(18, 2)) as net_revenue,
    cast(contribution as decimal(18, 2)) as contribution,
    {{ ratio('units', 'sum(units) over (partition by rfm_segment, category)') }} as unit_share
from summed
