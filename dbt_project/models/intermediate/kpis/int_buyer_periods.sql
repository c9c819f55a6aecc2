-- Grain: one row per complete period, dimension, member and buyer who ordered in the period or in
-- the one before it (orders_before). Dimensions: ALL, channel, and the segments that the buyer had
-- on the last day before the period; who had none yet is in no segment.
with buyer_months as (
    select
        months.period_kind,
        months.period_start,
        months.is_previous,
        buyers.*
    from {{ ref('int_buyer_months') }} as buyers
    inner join {{ ref('int_period_months') }} as months
        on buyers.month_start = months.month_start
),

history as (
    select
        *,
        cast({{ dbt.dateadd('day', 1, 'month_end') }} as date) as next_start
    from {{ ref('segment_history') }}
),

members as (
    select
        *,
        'ALL' as dimension,
        'ALL' as member
    from buyer_months
    union all
    select
        *,
        'channel' as dimension,
        channel as member
    from buyer_months
    where channel is not null
    {% for segment in ['rfm_segment', 'abc_class', 'value_tier'] -%}
    union all
    select
        buyer_months.*,
        '{{ segment }}' as dimension,
        history.{{ segment }} as member
    from buyer_months
    inner join history
        on
            buyer_months.customer_id = history.customer_id
            and buyer_months.period_start = history.next_start
    where history.{{ segment }} is not null
    {% endfor %}
)

select
    period_kind,
    period_start,
    dimension,
    member,
    customer_id,
    {% for name in [
        'orders', 'rated_orders', 'kept_revenue', 'gross_revenue', 'discount', 'net_revenue',
        'contribution', 'first_orders', 'gaps', 'gap_days'
    ] -%}
    sum(case when not is_previous then {{ name }} end) as {{ name }},
    {% endfor -%}
    sum(case when is_previous then orders else 0 end) as orders_before
from members
group by period_kind, period_start, dimension, member, customer_id
