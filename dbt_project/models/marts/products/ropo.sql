-- Grain: one row per complete period: store orders researched online, and online orders after a
-- look in a store, of those whose customer is known, with the share of orders of which he is.
with orders as (
    select
        months.period_kind,
        months.period_start,
        ropo_orders.*
    from {{ ref('int_ropo_orders') }} as ropo_orders
    inner join {{ ref('int_period_months') }} as months
        on ropo_orders.month_start = months.month_start
    where not months.is_previous
),

counted as (
    select
        period_kind,
        period_start,
        count(case when channel = 'store' then 1 end) as store_orders,
        count(case when channel = 'store' then customer_id end) as identified_store_orders,
        count(case when is_ropo then 1 end) as ropo_orders,
        sum(case when is_ropo then net_revenue end) as ropo_revenue,
        count(case when channel = 'online' then 1 end) as online_orders,
        count(case when channel = 'online' then customer_id end) as identified_online_orders,
        count(case when is_showroomed then 1 end) as showroomed_orders,
        sum(case when is_showroomed then net_revenue end) as showroomed_revenue
    from orders
    group by period_kind, period_start
)

select
    periods.period_kind,
    periods.period_start,
    {% for name in [
        'store_orders', 'identified_store_orders', 'ropo_orders', 'online_orders',
        'identified_online_orders', 'showroomed_orders'
    ] -%}
    cast(coalesce(counted.{{ name }}, 0) as bigint) as {{ name }},
    {% endfor -%}
    cast(coalesce(counted.ropo_revenue, 0) as decimal(18, 2)) as ropo_revenue,
    cast(coalesce(counted.showroomed_revenue, 0) as decimal(18, 2)) as showroomed_revenue,
    {{ ratio('counted.ropo_orders', 'counted.identified_store_orders') }} as ropo_rate,
    {{ ratio('counted.identified_store_orders', 'counted.store_orders') }}
        as identified_store_share,
    {{ ratio('counted.showroomed_orders', 'counted.identified_online_orders') }}
        as showrooming_rate,
    {{ ratio('counted.identified_online_orders', 'counted.online_orders') }}
        as identified_online_share
from {{ ref('int_periods') }} as periods
left join counted
    on
        periods.period_kind = counted.period_kind
        and periods.period_start = counted.period_start
