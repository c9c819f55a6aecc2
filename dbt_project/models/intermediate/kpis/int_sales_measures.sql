-- Grain: one row per complete period and channel, ALL among them: what adds up over the months of
-- kpi_monthly, orders of nobody included.
with spine as (
    select periods.period_kind, periods.period_start, 'ALL' as channel
    from {{ ref('int_periods') }} as periods
    union
    select months.period_kind, months.period_start, sales.channel
    from {{ ref('int_period_months') }} as months
    inner join {{ ref('kpi_monthly') }} as sales
        on months.month_start = sales.month
    where not months.is_previous
),

sales as (
    select
        months.period_kind,
        months.period_start,
        monthly.*
    from {{ ref('kpi_monthly') }} as monthly
    inner join {{ ref('int_period_months') }} as months
        on monthly.month = months.month_start
    where not months.is_previous
)

select
    spine.period_kind,
    spine.period_start,
    case when spine.channel = 'ALL' then 'ALL' else 'channel' end as dimension,
    {% for name in [
        'orders', 'identified_orders', 'new_buyers', 'gross_revenue', 'discount',
        'revenue_by_order_date', 'refunds_booked', 'kept_revenue', 'rated_orders', 'net_revenue',
        'contribution'
    ] -%}
    coalesce(sum(sales.{{ name }}), 0) as {{ name }},
    {% endfor -%}
    spine.channel as member
from spine
left join sales
    on
        spine.period_kind = sales.period_kind
        and spine.period_start = sales.period_start
        and spine.channel = sales.channel
group by spine.period_kind, spine.period_start, spine.channel
