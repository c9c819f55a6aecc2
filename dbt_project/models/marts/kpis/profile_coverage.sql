-- Grain: one row per dimension (ALL, rfm_segment, abc_class, value_tier, valuable: A or MVC), member and
-- item: of how many customers an attribute is known, a channel may be used, or nothing was confirmed
-- of late. Members (none) are customers without that segment.
with customers as (
    select * from {{ ref('dim_customers') }}
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
    select customer_id, 'attribute' as kind, '{{ name }}' as item, has_{{ name }} as is_so
    from flags
    union all
    {% endfor -%}
    select customer_id, 'attribute' as kind, 'language' as item, language is not null as is_so
    from flags
    union all
    {% for channel in ['email', 'phone', 'sms', 'whatsapp', 'post'] -%}
    select customer_id, 'reachable' as kind, '{{ channel }}' as item, by_{{ channel }} as is_so
    from flags
    union all
    {% endfor -%}
    select
        customer_id,
        'reachable' as kind,
        'any' as item,
        by_email or by_phone or by_sms or by_whatsapp or by_post as is_so
    from flags
    union all
    select customer_id, 'status' as kind, 'stale' as item, is_stale as is_so
    from flags
),

members as (
    select customer_id, dimension, member from {{ ref('int_customer_segments') }}
    union all
    select customer_id, 'valuable' as dimension, 'A or MVC' as member
    from {{ ref('int_customer_segments') }}
    where dimension = 'ALL' and is_valuable
)

select
    members.dimension,
    members.member,
    known.kind,
    known.item,
    count(*) as customers,
    count(case when known.is_so then 1 end) as customers_with,
    {{ ratio('count(case when known.is_so then 1 end)', 'count(*)') }} as share
from members
inner join known
    on members.customer_id = known.customer_id
group by members.dimension, members.member, known.kind, known.item
