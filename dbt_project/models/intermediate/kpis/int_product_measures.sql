-- Grain: one row per complete period, ALL and each category: units sold in it, and those of them
-- that came back.
with sold as (
    select
        cast({{ dbt.date_trunc('month', 'lines.order_date') }} as date) as month_start,
        lines.order_key,
        lines.product_id,
        max(products.category) as category,
        sum(lines.quantity) as units
    from {{ ref('fct_order_lines') }} as lines
    left join {{ ref('dim_products') }} as products
        on lines.product_key = products.product_key
    group by
        cast({{ dbt.date_trunc('month', 'lines.order_date') }} as date),
        lines.order_key,
        lines.product_id
),

returned as (
    select * from {{ ref('int_returned_units') }}
),

monthly as (
    select
        sold.month_start,
        sold.category,
        sum(sold.units) as units,
        sum(coalesce(returned.units, 0)) as returned_units
    from sold
    left join returned
        on
            sold.order_key = returned.order_key
            and sold.product_id = returned.product_id
    group by sold.month_start, sold.category
),

members as (
    select month_start, 'ALL' as dimension, 'ALL' as member, units, returned_units
    from monthly
    union all
    select month_start, 'category' as dimension, category as member, units, returned_units
    from monthly
    where category is not null
)

select
    months.period_kind,
    months.period_start,
    members.dimension,
    members.member,
    sum(members.units) as units,
    sum(members.returned_units) as returned_units
from members
inner join {{ ref('int_period_months') }} as months
    on members.month_start = months.month_start
where not months.is_previous
group by months.period_kind, months.period_start, members.dimension, members.member
