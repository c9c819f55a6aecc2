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
        max(coalesce({{ known('updated_at') }}, created_at)) as last_confirmed_at,
        count(*) as source_record_count,
        {{ list_of('source_system') }} as source_systems
    from people
    group by customer_id
),

-- What any record says of a person holds for the customer: better one contact too few.
warnings as (
    select
        identity_map.customer_id,
        max(case when versions.is_deceased then 1 else 0 end) = 1 as is_deceased,
        max(case when versions.is_test then 1 else 0 end) = 1 as is_test,
        max(case when versions.newsletter_status = 'unsubscribed' then 1 else 0 end) = 1
            as is_unsubscribed,
        max(case when versions.newsletter_status = 'bounced' then 1 else 0 end) = 1 as is_bounced,
        min(versions.max_contacts_per_week) as max_contacts_per_week
    from {{ ref('int_people_versions') }} as versions
    inner join {{ source('contacts', 'identity_map') }} as identity_map
        on
            versions.source_system = identity_map.source_system
            and versions.source_record_id = identity_map.source_record_id
    where versions.is_last
    group by identity_map.customer_id
),

stated as (
    select
        customer_id,
        home_store_id,
        account_owner,
        preferred_channel,
        loyalty_tier
    from {{ ref('customer_history') }}
    where is_current
),

golden as (
    select
        *,
        email is not null as has_email,
        phone_e164 is not null as has_phone,
        coalesce(given_name, surname_1) is not null as has_name,
        birth_date is not null as has_birth_date,
        address is not null as has_address,
        tax_id is not null as has_tax_id,
        loyalty_number is not null as has_loyalty_number,
        language is not null as has_language
    from {{ source('contacts', 'golden_records') }}
)

select
    golden.customer_id,
    records.first_seen_at,
    records.last_confirmed_at,
    coalesce(
        records.last_confirmed_at
        < {{ dbt.dateadd('day', '-' ~ var('stale_after_days'), as_of_at()) }},
        true
    ) as is_stale,
    cast(records.source_record_count as bigint) as source_record_count,
    records.source_systems,
    golden.country,
    golden.region,
    golden.language,
    stated.home_store_id,
    stated.account_owner,
    stated.preferred_channel,
    warnings.max_contacts_per_week,
    stated.loyalty_tier,
    golden.has_email,
    golden.has_phone,
    golden.has_name,
    golden.has_birth_date,
    golden.has_address,
    golden.has_tax_id,
    golden.has_loyalty_number,
    cast({{ share_known('golden', var('expected_attributes')) }} as double) as completeness,
    coalesce(warnings.is_deceased, false) as is_deceased,
    coalesce(warnings.is_test, false) as is_test,
    coalesce(warnings.is_unsubscribed, false) as is_unsubscribed,
    coalesce(warnings.is_bounced, false) as is_bounced
from golden
inner join records
    on golden.customer_id = records.customer_id
left join warnings
    on golden.customer_id = warnings.customer_id
left join stated
    on golden.customer_id = stated.customer_id
