-- Grain: one row per complete period, dimension and member: what its known buyers did. Top buyers
-- are the best pareto_buyers of those of the period, rounded up: of equal ones any, for their sum.
{% set members = {
    'ALL': "case when channel = 'ALL' then channel end",
    'channel': "nullif(channel, 'ALL')",
    'rfm_segment': 'rfm_segment',
    'abc_class': 'abc_class',
    'value_tier': 'value_tier'
} -%}
with buyer_periods as (
    select
        {% for dimension, member in members.items() -%}
        {{ member }} as member_of_{{ dimension }},
        {% endfor -%}
        *
    from {{ ref('int_buyer_periods') }}
),

ranked as (
    {% for dimension in members -%}
    select
        period_kind,
        period_start,
        '{{ dimension }}' as dimension,
        member_of_{{ dimension }} as member,
        net_revenue,
        row_number() over (
            partition by period_kind, period_start, member_of_{{ dimension }}
            order by coalesce(net_revenue, 0) desc
        ) as place,
        count(*) over (
            partition by period_kind, period_start, member_of_{{ dimension }}
        ) as buyers
    from buyer_periods
    where
        orders > 0
        and member_of_{{ dimension }} is not null
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

top as (
    select
        period_kind,
        period_start,
        dimension,
        member,
        sum(net_revenue) as top_revenue
    from ranked
    where {{ is_in_top('place', 'buyers', var('pareto_buyers')) }}
    group by period_kind, period_start, dimension, member
),

summed as (
    {% for dimension in members -%}
    select
        period_kind,
        period_start,
        '{{ dimension }}' as dimension,
        member_of_{{ dimension }} as member,
        count(case when orders > 0 then 1 end) as buyers,
        count(case when orders > 1 then 1 end) as repeat_buyers,
        count(case when orders_before > 0 then 1 end) as start_buyers,
        count(case when orders_before > 0 and orders > 0 then 1 end) as retained_buyers,
        sum(orders) as identified_orders,
        {% for name in [
            'rated_orders', 'kept_revenue', 'gross_revenue', 'discount', 'net_revenue',
            'contribution', 'gaps', 'gap_days'
        ] -%}
        sum({{ name }}) as {{ name }},
        {% endfor -%}
        sum(first_orders) as new_buyers
    from buyer_periods
    where member_of_{{ dimension }} is not null
    group by period_kind, period_start, member_of_{{ dimension }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
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
