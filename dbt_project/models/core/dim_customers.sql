-- Grain: one row per customer. Says what is known of a customer, never the values that
-- would tell who it is: those stand in contacts.golden_records.
with people as (
    select
        identity_map.customer_id,
        people.*
    from {{ ref('stg_people') }} as people
    inner join {{ source('contacts', 'identity_map') }} as identity_map
        on
            people.source_system = identity_map.source_system
            and people.source_record_id = identity_map.source_record_id
),

records as (
    select
        customer_id,
        min(created_at) as first_seen_at,
        count(*) as source_record_count,
        string_agg(distinct source_system, ',' order by source_system) as source_systems,
        max(home_store_id) as home_store_id,
        max(account_owner) as account_owner
    from people
    group by customer_id
)

select
    golden.customer_id,
    records.first_seen_at,
    cast(records.source_record_count as bigint) as source_record_count,
    records.source_systems,
    golden.country,
    golden.region,
    golden.language,
    records.home_store_id,
    records.account_owner,
    golden.email is not null as has_email,
    golden.phone_e164 is not null as has_phone
from {{ source('contacts', 'golden_records') }} as golden
inner join records
    on golden.customer_id = records.customer_id
