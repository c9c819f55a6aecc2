-- Grain: one row per customer and reason to act, and per complaint where it is one. Who is valuable
-- was A or MVC: of a decline on either date that it is measured against, of a complaint at as_of,
-- of who was lost at any month end of the history.
with classes as (
    select
        dates.is_as_of,
        dates.is_before_decline,
        dates.month_end,
        classes.*
    from {{ ref('int_value_classes') }} as classes
    inner join {{ ref('int_value_dates') }} as dates
        on classes.value_date = dates.value_date
    where
        classes.abc_class = 'A'
        or classes.value_tier = 'MVC'
),

valuable as (
    select
        customer_id,
        max(case when is_as_of then 1 else 0 end) = 1 as is_valuable,
        max(case when is_before_decline then 1 else 0 end) = 1 as was_before_decline,
        max(month_end) as valuable_until
    from classes
    group by customer_id
),

buyers as (
    select * from {{ ref('int_value_declines') }}
),

decliners as (
    select
        buyers.customer_id,
        buyers.last_order_date,
        buyers.decline_ratio,
        case
            when buyers.decline_ratio < {{ var('decline_critical') }} then 'critical'
            else 'warning'
        end as severity
    from buyers
    inner join valuable
        on buyers.customer_id = valuable.customer_id
    where
        valuable.was_before_decline
        and buyers.orders_before >= {{ var('decline_min_orders') }}
        and buyers.first_order_date
        <= {{ days_before(as_of_date(), var('decline_days') + var('decline_min_tenure_days')) }}
        and buyers.last_order_date >= {{ days_before(as_of_date(), var('lost_days')) }}
        and buyers.decline_ratio < {{ var('decline_warning') }}
),

complaints as (
    select cases.*
    from {{ ref('fct_service_cases') }} as cases
    inner join valuable
        on cases.customer_id = valuable.customer_id
    where
        valuable.is_valuable
        and cases.kind = 'complaint'
        and (
            cases.is_open
            or cases.opened_date >= {{ days_before(as_of_date(), var('complaint_days')) }}
        )
),

lost as (
    select
        buyers.customer_id,
        buyers.last_order_date,
        valuable.valuable_until,
        cast({{ dbt.dateadd('day', var('lost_days'), 'buyers.last_order_date') }} as date)
            as lost_at
    from buyers
    inner join valuable
        on buyers.customer_id = valuable.customer_id
    where
        valuable.valuable_until is not null
        and buyers.last_order_date < {{ days_before(as_of_date(), var('lost_days')) }}
),

{% set details = {
    'severity': 'string', 'decline_ratio': 'double', 'last_order_date': 'date',
    'case_key': 'string', 'topic': 'string', 'opened_at': 'timestamp', 'is_open': 'boolean',
    'rescue_by': 'timestamp', 'acted_in_time': 'boolean', 'lost_at': 'date',
    'valuable_until': 'date'
} -%}
{% set kinds = {
    'valuable_decliner': ['decliners', 'severity', 'decline_ratio', 'last_order_date'],
    'valuable_complainer': ['complaints', 'case_key', 'topic', 'opened_at', 'is_open', 'rescue_by',
                            'acted_in_time'],
    'lost_valuable': ['lost', 'last_order_date', 'lost_at', 'valuable_until']
} -%}
alerts as (
    {% for kind, told in kinds.items() -%}
    select
        {% for name, type in details.items() -%}
        {{ name if name in told[1:] else 'cast(null as ' ~ type ~ ') as ' ~ name }},
        {% endfor -%}
        '{{ kind }}' as kind,
        customer_id
    from {{ told[0] }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select
    {{ natural_key(['customer_id', 'kind', "coalesce(case_key, '')"]) }} as alert_key,
    customer_id,
    kind,
    {{ details | join(',\n    ') }}
from alerts
