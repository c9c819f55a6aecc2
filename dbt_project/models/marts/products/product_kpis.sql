-- Grain: one row per product that was ever sold, by the id that all systems know it by: what came
-- back, what was complained of, and whom it brought.
with lines as (
    select * from {{ ref('fct_order_lines') }}
    where product_id is not null
),

sold as (
    select product_id, sum(quantity) as units
    from lines
    group by product_id
),

kept as (
    select
        product_id,
        count(distinct order_key) as orders,
        sum(net_revenue) as net_revenue
    from {{ ref('int_sold_lines') }}
    group by product_id
),

returned as (
    select product_id, sum(units) as units
    from {{ ref('int_returned_units') }}
    group by product_id
),

complained as (
    select member as product_id, sum(complaints) as complaints
    from {{ ref('int_case_members') }}
    where dimension = 'product'
    group by member
),

entries as (
    select distinct lines.product_id, firsts.customer_id
    from {{ ref('int_first_orders') }} as firsts
    inner join lines
        on firsts.order_key = lines.order_key
),

entry as (
    select
        entries.product_id,
        count(*) as entry_buyers,
        {{ ratio('sum(clv.clv)', 'count(clv.clv)') }} as entry_clv
    from entries
    left join {{ ref('customer_clv') }} as clv
        on entries.customer_id = clv.customer_id
    group by entries.product_id
),

buyers as (
    select count(*) as buyers from {{ ref('int_first_orders') }}
)

select
    sold.product_id,
    cast(coalesce(kept.orders, 0) as bigint) as orders,
    cast(sold.units as decimal(18, 3)) as units,
    cast(coalesce(kept.net_revenue, 0) as decimal(18, 2)) as net_revenue,
    cast(coalesce(returned.units, 0) as decimal(18, 3)) as returned_units,
    {{ ratio('coalesce(returned.units, 0)', 'sold.units') }} as return_rate,
    cast(coalesce(complained.complaints, 0) as bigint) as complaints,
    {{ ratio('100 * coalesce(complained.complaints, 0)', 'kept.orders') }}
        as complaints_per_100_orders,
    cast(coalesce(entry.entry_buyers, 0) as bigint) as entry_buyers,
    {{ ratio('coalesce(entry.entry_buyers, 0)', 'buyers.buyers') }} as entry_share,
    entry.entry_clv
from sold
cross join buyers
left join kept
    on sold.product_id = kept.product_id
left join returned
    on sold.product_id = returned.product_id
left join complained
    on sold.product_id = complained.product_id
left join entry
    on sold.product_id = entry.product_id
