-- Grain: one row per dimension and member of profile_coverage: what is known of customers at as_of.
with coverage as (
    select
        dimension,
        member,
        max(customers) as customers,
        {% for channel in ['email', 'phone', 'sms', 'post'] -%}
        max(case when kind = 'reachable' and item = '{{ channel }}' then customers_with end)
            as reachable_by_{{ channel }},
        {% endfor -%}
        max(case when kind = 'reachable' and item = 'any' then customers_with end)
            as reachable_customers,
        max(case when item = 'stale' then customers_with end) as stale_customers,
        sum(
            case
                when
                    kind = 'attribute'
                    and {{ one_of('item', var('expected_attributes')) }}
                    then customers_with
            end
        ) as known_attributes
    from {{ ref('profile_coverage') }}
    group by dimension, member
)

select
    'as_of' as period_kind,
    {{ as_of_date() }} as period_start,
    *,
    customers * {{ var('expected_attributes') | length }} as expected_attributes,
    case when dimension = 'valuable' then reachable_customers end as reachable_valuable,
    case when dimension = 'valuable' then customers end as valuable_customers
from coverage
