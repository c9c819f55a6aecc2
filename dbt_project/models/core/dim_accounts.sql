-- Grain: one row per company of a system: every one that has a record before as_of, and every one
-- that only a contact or a quote names. Its contacts stand in account_contacts.
with records as (
    select
        *,
        true as has_record
    from {{ ref('stg_accounts') }}
    where created_at is null or created_at < {{ as_of_at() }}
),

named as (
    select source_system, account_id
    from records
    union
    select source_system, account_id
    from {{ ref('stg_account_contacts') }}
    union
    select source_system, account_id
    from {{ ref('stg_quotes') }}
    where account_id is not null and quoted_at < {{ as_of_at() }}
),

accounts as (
    select
        *,
        {{ natural_key(['source_system', 'account_id']) }} as account_key
    from named
),

contacts as (
    select account_key, count(*) as contacts
    from {{ ref('account_contacts') }}
    group by account_key
)

select
    accounts.account_key,
    accounts.source_system,
    accounts.account_id,
    coalesce(records.has_record, false) as has_record,
    records.name,
    records.industry,
    records.country,
    records.owner,
    coalesce(records.has_tax_id, false) as has_tax_id,
    records.created_at,
    {{ business_date('records.created_at') }} as created_date,
    cast(coalesce(contacts.contacts, 0) as bigint) as contacts
from accounts
left join records
    on
        accounts.source_system = records.source_system
        and accounts.account_id = records.account_id
left join contacts
    on accounts.account_key = contacts.account_key
