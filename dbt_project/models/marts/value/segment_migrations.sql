-- Grain: one row per month end, scheme (rfm_segment, abc_class, value_tier), segment a month before
-- and segment then: how many went from one to the other. Who bought for the first time in the month
-- had no segment before it; the first month end of the history is where they start from.
with history as (
    select * from {{ ref('segment_history') }}
),

firsts as (
    select min(month_end) as first_month_end from {{ ref('int_value_dates') }}
),

{% set schemes = ['rfm_segment', 'abc_class', 'value_tier'] -%}
paired as (
    select
        {% for scheme in schemes -%}
        lag({{ scheme }}) over (partition by customer_id order by month_end) as {{ scheme }}_before,
        {% endfor -%}
        *
    from history
),

moves as (
    {% for scheme in schemes -%}
    select
        month_end,
        '{{ scheme }}' as scheme,
        coalesce({{ scheme }}_before, '(new)') as from_segment,
        {{ scheme }} as to_segment
    from paired
    where month_end > (select first_month_end from firsts)
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

counted as (
    select
        month_end,
        scheme,
        from_segment,
        to_segment,
        count(*) as customers
    from moves
    group by month_end, scheme, from_segment, to_segment
)

select
    {{ natural_key(['cast(month_end as string)', 'scheme', 'from_segment', 'to_segment']) }}
        as migration_key,
    month_end,
    scheme,
    from_segment,
    to_segment,
    from_segment <> to_segment as is_move,
    customers,
    {{ ratio('customers', 'sum(customers) over (partition by month_end, scheme, from_segment)') }}
        as share_of_from
from counted
