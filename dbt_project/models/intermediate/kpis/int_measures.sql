-- Grain: one row per measure, period, dimension and member: what the metrics of the registry are made
-- of. A measure that nothing is known of has no row.
with sales as (
    select * from {{ ref('int_sales_measures') }}
),

buyers as (
    select * from {{ ref('int_buyer_measures') }}
),

acquisition as (
    select * from {{ ref('int_acquisition_measures') }}
),

funnel as (
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

service as (
    select *, case when topic = 'ALL' then 'ALL' else 'topic' end as dimension, topic as member
    from {{ ref('service_kpis') }}
),

complaints as (
    select *, 100 * complaints as complaints_times_100, orders as complaint_orders
    from {{ ref('complaints_by_segment') }}
    -- By product they stand there, and in product_kpis.
    where dimension <> 'product'
),

ropo as (
    select *, 'ALL' as dimension, 'ALL' as member
    from {{ ref('ropo') }}
),

products as (
    select * from {{ ref('int_product_measures') }}
),

measures as (
    {{ as_measures('sales', [
        'orders', 'identified_orders', 'new_buyers', 'gross_revenue', 'discount',
        'revenue_by_order_date', 'refunds_booked', 'kept_revenue', 'rated_orders', 'net_revenue',
        'contribution'
    ]) }}
    union all
    {{ as_measures('buyers', [
        'buyers', 'repeat_buyers', 'gap_days', 'gaps', 'top_revenue', 'net_revenue_of_buyers'
    ]) }}
    union all
    {{ as_measures("(select * from buyers where dimension <> 'channel') as retention", [
        'start_buyers', 'retained_buyers', 'lost_buyers'
    ]) }}
    union all
    {{ as_measures('acquisition', [
        'acquisition_spend', 'acquired_buyers', 'ltv_total', 'ltv_buyers', 'ltv', 'cac'
    ]) }}
    union all
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
    {{ as_measures('service', [
        'cases', 'settled_at_once', 'settled_of', 'settled_at_once_weight', 'settled_of_weight',
        'hours_to_resolve_median', 'hours_to_resolve_p90', 'repeating_customers',
        'contacting_customers', 'case_score', 'case_scored', 'relationship_score',
        'relationship_scored', 'relationship_surveys'
    ]) }}
    union all
    {{ as_measures('complaints', ['complaints', 'complaints_times_100', 'complaint_orders']) }}
    union all
    {{ as_measures('ropo', [
        'ropo_orders', 'identified_store_orders', 'showroomed_orders', 'identified_online_orders'
    ]) }}
    union all
    {{ as_measures('products', ['returned_units', 'units']) }}
)

select
    period_kind,
    period_start,
    dimension,
    member,
    measure,
    amount
from measures
where amount is not null
