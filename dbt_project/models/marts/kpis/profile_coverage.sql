-- Grain: one row per dimension (ALL, rfm_segment, abc_class, value_tier, lifecycle_stage,
-- relationship_stage; valuable: A or MVC), member and item: of how many customers an attribute is
-- known, a channel may be used, or nothing was confirmed of late. (none) is who has no such one.
with customers as (
    select * from {{ ref('dim_customers') }}
),

reach as (
    select * from {{ ref('int_reach') }}
),

known as (
    {% set attributes = [
        'email', 'phone', 'name', 'birth_date', 'address', 'tax_id', 'loyalty_number'
    ] -%}
    {% for name in attributes -%}
    select customer_id, 'attribute' as kind, '{{ name }}' as item, has_{{ name }} as is_so
    from customers
    union all
    {% endfor -%}
    select customer_id, 'attribute' as kind, 'language' as item, language is not null as is_so
    from customers
    union all
    select customer_id, 'reachable' as kind, channel as item, is_reachable as is_so
    from reach
    union all
    select
        customer_id,
        'reachable' as kind,
        'any' as item,
        max(case when is_reachable then 1 else 0 end) = 1 as is_so
    from reach
    group by customer_id
    union all
    select customer_id, 'status' as kind, 'stale' as item, is_stale as is_so
    from customers
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
