-- Grain: one row per complete period, dimension and member: what its known buyers did. Top buyers
-- are the best pareto_buyers of those of the period, rounded up; customer_id breaks ties.
with buyer_periods as (
    select * from {{ ref('int_buyer_periods') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by period_kind, period_start, dimension, member
            order by coalesce(net_revenue, 0) desc, customer_id asc
        ) as place,
        count(*) over (partition by period_kind, period_start, dimension, member) as buyers
    from buyer_periods
    where orders > 0
),

top as (
    select
        period_kind,
        period_start,
        dimension,
        member,
        sum(net_revenue) as top_revenue
    from ranked
    where place - 1 < {{ var('pareto_buyers') }} * buyers
    group by period_kind, period_start, dimension, member
),

summed as (
    select
        period_kind,
        period_start,
        dimension,
        member,
        count(case when orders > 0 then 1 end) as buyers,
        count(case when orders > 1 then 1 end) as repeat_buyers,
        count(case when orders_before > 0 then 1 end) as start_buyers,
        count(case when orders_before > 0 and orders > 0 then 1 end) as retained_buyers,
        sum(orders) as identified_orders,
        sum(rated_orders) as rated_orders,
        sum(kept_revenue) as kept_revenue,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(net_revenue) as net_revenue,
        sum(contribution) as contribution,
        sum(first_orders) as new_buyers,
        sum(gaps) as gaps,
        sum(gap_days) as gap_days
    from buyer_periods
    group by period_kind, period_start, dimension, member
),

-- A period in which nobody bought is there all the same.
spine as (
    select period_kind, period_start, 'ALL' as dimension, 'ALL' as member
    from {{ ref('int_periods') }}
    union
    select period_kind, period_start, dimension, member
    from summed
)

select
    spine.period_kind,
    spine.period_start,
    spine.dimension,
    spine.member,
    {% for name in [
        'buyers', 'repeat_buyers', 'start_buyers', 'retained_buyers', 'identified_orders',
        'rated_orders', 'kept_revenue', 'gross_revenue', 'discount', 'net_revenue', 'contribution',
        'new_buyers', 'gaps', 'gap_days'
    ] -%}
    coalesce(summed.{{ name }}, 0) as {{ name }},
    {% endfor -%}
    coalesce(summed.start_buyers - summed.retained_buyers, 0) as lost_buyers,
    coalesce(top.top_revenue, 0) as top_revenue,
    coalesce(summed.net_revenue, 0) as net_revenue_of_buyers
from spine
left join summed
    on
        spine.period_kind = summed.period_kind
        and spine.period_start = summed.period_start
        and spine.dimension = summed.dimension
        and spine.member = summed.member
left join top
    on
        spine.period_kind = top.period_kind
        and spine.period_start = top.period_start
        and spine.dimension = top.dimension
        and spine.member = top.member
