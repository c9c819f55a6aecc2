-- Grain: one row per customer and channel of contact: whether there is an address for it and
-- consent to marketing by it. No event means no consent; of several records of a customer the
-- stricter status wins.
with customers as (
    select * from {{ ref('dim_customers') }}
),

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

addresses as (
    {% for channel, address in var('contact_channels').items() -%}
    select
        customer_id,
        '{{ channel }}' as channel,
        coalesce(has_{{ address }}, false) as has_address
    from customers
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select
    addresses.customer_id,
    addresses.channel,
    addresses.has_address,
    coalesce(consents.is_granted, false) as is_granted,
    addresses.has_address and coalesce(consents.is_granted, false) as is_reachable
from addresses
left join consents
    on
        addresses.customer_id = consents.customer_id
        and addresses.channel = consents.channel
