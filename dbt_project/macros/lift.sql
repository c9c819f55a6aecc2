{# Two arms beside each other, as the CTE ``lifted``: of ``relation`` with customers, conversions,
   other_customers and other_conversions the rates, their difference, and its unpooled Wald
   interval. Where nobody converted in either arm there is none. #}
{% macro lift_of(relation) -%}
rated as (
    select
        *,
        {{ ratio('conversions', 'customers') }} as rate,
        {{ ratio('other_conversions', 'other_customers') }} as other_rate
    from {{ relation }}
),

differing as (
    select
        *,
        case when conversions + other_conversions > 0 then rate - other_rate end as abs_lift,
        {{ var('lift_z') }} * sqrt(
            rate * (1 - rate) / customers
            + other_rate * (1 - other_rate) / other_customers
        ) as half_width
    from rated
),

bounded as (
    select
        *,
        abs_lift - half_width as ci_low,
        abs_lift + half_width as ci_high,
        {{ ratio('abs_lift', 'other_rate') }} as rel_lift,
        abs_lift * customers as incremental_conversions,
        coalesce(
            conversions >= {{ var('lift_min_conversions') }}
            and other_conversions >= {{ var('lift_min_conversions') }},
            false
        ) as is_reliable
    from differing
),

lifted as (
    select
        *,
        ci_low > 0 or ci_high < 0 as is_significant
    from bounded
)
{%- endmacro %}
