-- Grain: one row per RFM segment, ALL and (none: never ordered) among them, and item: of how many
-- customers an attribute is known, a channel may be used, or nothing was confirmed of late.
with customers as (
    select
        customers.*,
        coalesce(rfm.rfm_segment, '(none)') as rfm_segment
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('customer_rfm') }} as rfm
        on customers.customer_id = rfm.customer_id
),

-- No event means no consent; of several records of a customer the stricter status wins.
consents as (
    select
        customer_id,
        channel,
        min(case when status = 'granted' then 1 else 0 end) = 1 as is_granted
    from {{ ref('fct_consents') }}
    where
        is_current
        and purpose = 'marketing'
        and customer_id is not null
    group by customer_id, channel
),

reach as (
    select
        customer_id,
        {% for channel in ['email', 'phone', 'sms', 'whatsapp', 'post'] -%}
        max(case when channel = '{{ channel }}' and is_granted then 1 else 0 end) = 1
            as {{ channel }}{{ ',' if not loop.last }}
        {% endfor %}
    from consents
    group by customer_id
),

flags as (
    select
        customers.*,
        {% for channel, address in {
            'email': 'email', 'phone': 'phone', 'sms': 'phone', 'whatsapp': 'phone',
            'post': 'address'
        }.items() -%}
        customers.has_{{ address }} and coalesce(reach.{{ channel }}, false) as by_{{ channel }},
        {% endfor -%}
        customers.customer_id is not null as is_customer
    from customers
    left join reach
        on customers.customer_id = reach.customer_id
),

known as (
    {% set attributes = [
        'email', 'phone', 'name', 'birth_date', 'address', 'tax_id', 'loyalty_number'
    ] -%}
    {% for name in attributes -%}
    select rfm_segment, 'attribute' as kind, '{{ name }}' as item, has_{{ name }} as is_so
    from flags
    union all
    {% endfor -%}
    select rfm_segment, 'attribute' as kind, 'language' as item, language is not null as is_so
    from flags
    union all
    {% for channel in ['email', 'phone', 'sms', 'whatsapp', 'post'] -%}
    select rfm_segment, 'reachable' as kind, '{{ channel }}' as item, by_{{ channel }} as is_so
    from flags
    union all
    {% endfor -%}
    select
        rfm_segment,
        'reachable' as kind,
        'any' as item,
        by_email or by_phone or by_sms or by_whatsapp or by_post as is_so
    from flags
    union all
    select rfm_segment, 'status' as kind, 'stale' as item, is_stale as is_so
    from flags
),

members as (
    select rfm_segment, kind, item, is_so from known
    union all
    select 'ALL' as rfm_segment, kind, item, is_so from known
)

select
    rfm_segment,
    kind,
    item,
    count(*) as customers,
    count(case when is_so then 1 end) as customers_with,
    {{ ratio('count(case when is_so then 1 end)', 'count(*)') }} as share
from members
group by rfm_segment, kind, item
