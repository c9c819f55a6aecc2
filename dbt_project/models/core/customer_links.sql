-- Grain: one row per two customers and kind of tie: people who belong together and are not one.
-- customer_id_a is the lower id; of a referral, who referred.
with found as (
    select * from {{ source('identity', 'customer_links') }}
),

contacts as (
    select distinct
        contacts.source_system,
        contacts.account_id,
        bindings.customer_id
    from {{ ref('stg_account_contacts') }} as contacts
    {{ bind_customer('contacts') }}
    where bindings.customer_id is not null
),

accounts as (
    select source_system, account_id, count(*) as members
    from contacts
    group by source_system, account_id
    having count(*) between 2 and {{ var('links_max_members') }}
),

colleagues as (
    select
        one.customer_id as customer_id_a,
        other.customer_id as customer_id_b,
        max(accounts.members) as members
    from accounts
    inner join contacts as one
        on
            accounts.source_system = one.source_system
            and accounts.account_id = one.account_id
    inner join contacts as other
        on
            accounts.source_system = other.source_system
            and accounts.account_id = other.account_id
            and one.customer_id < other.customer_id
    group by one.customer_id, other.customer_id
),

referrals as (
    select
        customer_id as customer_id_a,
        referred_customer_id as customer_id_b,
        min(referred_at) as since
    from {{ ref('fct_referrals') }}
    where customer_id <> referred_customer_id
    group by customer_id, referred_customer_id
),

together as (
    select
        customer_id_a,
        customer_id_b,
        kind,
        evidence,
        members,
        cast(null as timestamp) as since
    from found
    union all
    select
        customer_id_a,
        customer_id_b,
        'company' as kind,
        'account' as evidence,
        members,
        cast(null as timestamp) as since
    from colleagues
    union all
    select
        customer_id_a,
        customer_id_b,
        'referral' as kind,
        'referral' as evidence,
        2 as members,
        since
    from referrals
)

select
    {{ natural_key(['customer_id_a', 'customer_id_b', 'kind']) }} as customer_link_key,
    customer_id_a,
    customer_id_b,
    kind,
    evidence,
    cast(members as bigint) as members,
    since
from together
