-- Grain: one row per source system, and one for ALL: how many of its records are one customer's.
with records as (
    select source_system, customer_id from {{ source('contacts', 'identity_map') }}
),

members as (
    select source_system, customer_id from records
    union all
    select 'ALL' as source_system, customer_id from records
)

select
    source_system,
    count(*) as source_records,
    count(distinct customer_id) as customers,
    1 - {{ ratio('count(distinct customer_id)', 'count(*)') }} as duplicate_rate
from members
group by source_system
