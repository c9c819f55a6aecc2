-- Grain: one row per complete period, dimension (ALL, rfm_segment, abc_class, value_tier, product,
-- category) and member that had a complaint or an order in it. Segments are those of as_of.
with complaints as (
    select
        months.period_kind,
        months.period_start,
        members.dimension,
        members.member,
        sum(members.complaints) as complaints,
        sum(members.settled_at_once) as settled_at_once,
        sum(members.complaints_weight) as complaints_weight
    from {{ ref('int_case_members') }} as members
    inner join {{ ref('int_period_months') }} as months
        on members.month_start = months.month_start
    where not months.is_previous
    group by months.period_kind, months.period_start, members.dimension, members.member
),

orders as (
    select
        months.period_kind,
        months.period_start,
        members.dimension,
        members.member,
        sum(members.orders) as orders
    from {{ ref('int_order_members') }} as members
    inner join {{ ref('int_period_months') }} as months
        on members.month_start = months.month_start
    where not months.is_previous
    group by months.period_kind, months.period_start, members.dimension, members.member
),

-- Who complains of how much: the share of the weight of all complaints of the period.
totals as (
    select period_kind, period_start, complaints_weight
    from complaints
    where dimension = 'ALL'
)

select
    coalesce(complaints.period_kind, orders.period_kind) as period_kind,
    coalesce(complaints.period_start, orders.period_start) as period_start,
    coalesce(complaints.dimension, orders.dimension) as dimension,
    coalesce(complaints.member, orders.member) as member,
    cast(coalesce(complaints.complaints, 0) as bigint) as complaints,
    cast(coalesce(orders.orders, 0) as bigint) as orders,
    {{ ratio('100 * coalesce(complaints.complaints, 0)', 'orders.orders') }}
        as complaints_per_100_orders,
    {{ ratio('complaints.settled_at_once', 'complaints.complaints') }}
        as settled_at_once_share,
    cast(coalesce(complaints.complaints_weight, 0) as decimal(18, 2)) as complaints_weight,
    {{ ratio('coalesce(complaints.complaints_weight, 0)', 'totals.complaints_weight') }}
        as complaints_weight_share
from complaints
full outer join orders
    on
        complaints.period_kind = orders.period_kind
        and complaints.period_start = orders.period_start
        and complaints.dimension = orders.dimension
        and complaints.member = orders.member
left join totals
    on
        coalesce(complaints.period_kind, orders.period_kind) = totals.period_kind
        and coalesce(complaints.period_start, orders.period_start) = totals.period_start
