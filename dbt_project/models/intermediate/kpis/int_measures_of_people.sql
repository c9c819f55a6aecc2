-- Grain: one row per measure, period, dimension and member: those of leads, referrals and what is
-- known of customers.
with funnel as (
    select *, 'ALL' as dimension, 'ALL' as member
    from {{ ref('sales_funnel') }}
),

referrals as (
    select *, net_revenue as referred_revenue, 'ALL' as dimension, 'ALL' as member
    from {{ ref('referrals') }}
),

identified as (
    select
        *,
        case when source_system = 'ALL' then 'ALL' else 'source_system' end as dimension,
        identified_facts as identified_sessions,
        identified_facts as identified_cases,
        facts as sessions,
        facts as cases_of_all
    from {{ ref('identification') }}
    where channel = 'ALL'
),

sessions as (
    select * from identified
    where fact = 'sessions'
),

cases as (
    select * from identified
    where fact = 'cases'
),

duplicates as (
    select
        'as_of' as period_kind,
        {{ as_of_date() }} as period_start,
        case when source_system = 'ALL' then 'ALL' else 'source_system' end as dimension,
        source_system as member,
        source_records - customers as duplicate_records,
        source_records
    from {{ ref('duplicates') }}
),

snapshots as (
    select * from {{ ref('int_snapshot_measures') }}
),

valuable as (
    select * from snapshots
    where dimension = 'valuable'
)

{{ as_measures('funnel', [
    'leads', 'quoted_leads', 'converted_leads', 'convertible_leads', 'quotes', 'won_quotes',
    'decided_quotes', 'ordered_quotes', 'open_value', 'days_to_quote_median',
    'days_to_win_median', 'days_to_order_median', 'response_hours_median'
]) }}
union all
{{ as_measures('referrals', [
    'referrals', 'referrers', 'referred_leads', 'referred_buyers', 'referred_revenue'
]) }}
union all
{{ as_measures('sessions', ['identified_sessions', 'sessions'], member='source_system') }}
union all
{{ as_measures('cases', ['identified_cases', 'cases_of_all'], member='source_system') }}
union all
{{ as_measures('duplicates', ['duplicate_records', 'source_records']) }}
union all
{{ as_measures('snapshots', [
    'customers', 'reachable_customers', 'reachable_by_email', 'reachable_by_phone',
    'reachable_by_sms', 'reachable_by_post', 'stale_customers', 'known_attributes',
    'expected_attributes'
]) }}
union all
{{ as_measures('valuable', [
    'reachable_valuable', 'valuable_customers'
], dimension="'ALL'", member="'ALL'") }}
