-- Grain: one row per measure, period, dimension and member: those of service and products.
with service as (
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
)

{{ as_measures('service', [
    'cases', 'settled_at_once', 'settled_of', 'settled_at_once_weight', 'settled_of_weight',
    'hours_to_resolve_median', 'hours_to_resolve_p90', 'repeating_customers',
    'contacting_customers', 'case_score', 'case_scored', 'relationship_score',
    'relationship_scored', 'relationship_surveys', 'rescuable', 'rescued',
    'rescuable_in_time', 'rescued_in_time', 'rescuable_late', 'rescued_late'
]) }}
union all
{{ as_measures('complaints', ['complaints', 'complaints_times_100', 'complaint_orders']) }}
union all
{{ as_measures('ropo', [
    'ropo_orders', 'identified_store_orders', 'showroomed_orders', 'identified_online_orders'
]) }}
union all
{{ as_measures('products', ['returned_units', 'units']) }}
