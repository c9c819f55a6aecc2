-- Grain: one row per RFM segment and ALL: what is known of customers at as_of.
with customers as (
    select
        coalesce(rfm.rfm_segment, '(none)') as rfm_segment,
        customers.completeness
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('customer_rfm') }} as rfm
        on customers.customer_id = rfm.customer_id
),

members as (
    select rfm_segment, completeness from customers
    union all
    select 'ALL' as rfm_segment, completeness from customers
),

complete as (
    select
        rfm_segment,
        sum(completeness) as known_attributes,
        count(*) as expected_attributes
    from members
    group by rfm_segment
),

coverage as (
    select
        rfm_segment,
        max(customers) as customers,
        {% for channel in ['email', 'phone', 'sms', 'post'] -%}
        max(case when kind = 'reachable' and item = '{{ channel }}' then customers_with end)
            as reachable_by_{{ channel }},
        {% endfor -%}
        max(case when kind = 'reachable' and item = 'any' then customers_with end)
            as reachable_customers,
        max(case when item = 'stale' then customers_with end) as stale_customers
    from {{ ref('profile_coverage') }}
    group by rfm_segment
)

select
    'as_of' as period_kind,
    {{ as_of_date() }} as period_start,
    case when coverage.rfm_segment = 'ALL' then 'ALL' else 'rfm_segment' end as dimension,
    coverage.rfm_segment as member,
    coverage.customers,
    coverage.reachable_customers,
    {% for channel in ['email', 'phone', 'sms', 'post'] -%}
    coverage.reachable_by_{{ channel }},
    {% endfor -%}
    coverage.stale_customers,
    complete.known_attributes,
    complete.expected_attributes
from coverage
inner join complete
    on coverage.rfm_segment = complete.rfm_segment
