-- Grain: one row per complete period, channel (ALL over them) and buyer who ordered in the period
-- or in the one before it (orders_before). Over all channels stand the segments that the buyer had
-- on the last day before the period; who had none yet is in no segment.
{% set sums = {
    'orders': 'bigint', 'rated_orders': 'bigint', 'kept_revenue': 'decimal(18, 2)',
    'gross_revenue': 'decimal(18, 2)', 'discount': 'decimal(18, 2)',
    'net_revenue': 'decimal(18, 2)', 'contribution': 'decimal(18, 2)', 'first_orders': 'bigint',
    'gaps': 'bigint', 'gap_days': 'bigint'
} -%}
with by_channel as (
    select
        months.period_kind,
        months.period_start,
        buyers.channel,
        buyers.customer_id,
        {% for name, type in sums.items() -%}
        cast(
            sum(case when not months.is_previous then buyers.{{ name }} end) as {{ type }}
        ) as {{ name }},
        {% endfor -%}
        cast(sum(case when months.is_previous then buyers.orders else 0 end) as bigint)
            as orders_before
    from {{ ref('int_buyer_months') }} as buyers
    inner join {{ ref('int_period_months') }} as months
        on buyers.month_start = months.month_start
    group by months.period_kind, months.period_start, buyers.channel, buyers.customer_id
),

by_buyer as (
    select
        period_kind,
        period_start,
        customer_id,
        {% for name, type in sums.items() -%}
        cast(sum({{ name }}) as {{ type }}) as {{ name }},
        {% endfor -%}
        cast(sum(orders_before) as bigint) as orders_before
    from by_channel
    group by period_kind, period_start, customer_id
),

history as (
    select
        *,
        cast({{ dbt.dateadd('day', 1, 'month_end') }} as date) as next_start
    from {{ ref('segment_history') }}
)

select
    'ALL' as channel,
    by_buyer.*,
    history.rfm_segment,
    history.abc_class,
    history.value_tier
from by_buyer
left join history
    on
        by_buyer.customer_id = history.customer_id
        and by_buyer.period_start = history.next_start
union all
select
    channel,
    period_kind,
    period_start,
    customer_id,
    {{ sums | join(',\n    ') }},
    orders_before,
    cast(null as string) as rfm_segment,
    cast(null as string) as abc_class,
    cast(null as string) as value_tier
from by_channel
where channel is not null
