-- Grain: one row per measure, period, dimension and member: those of sales, buyers and acquisition.
with sales as (
    select *, orders as all_orders
    from {{ ref('int_sales_measures') }}
),

buyers as (
    select * from {{ ref('int_buyer_measures') }}
),

retained as (
    select * from buyers
    where dimension <> 'channel'
),

segments as (
    select *, identified_orders as orders
    from buyers
    where dimension not in ('ALL', 'channel')
),

acquisition as (
    select * from {{ ref('int_acquisition_measures') }}
)

{{ as_measures('sales', [
    'orders', 'all_orders', 'identified_orders', 'new_buyers', 'gross_revenue', 'discount',
    'revenue_by_order_date', 'refunds_booked', 'kept_revenue', 'rated_orders', 'net_revenue',
    'contribution'
]) }}
union all
{{ as_measures('buyers', [
    'buyers', 'repeat_buyers', 'gap_days', 'gaps', 'top_revenue', 'net_revenue_of_buyers'
]) }}
union all
{{ as_measures('retained', [
    'start_buyers', 'retained_buyers', 'lost_buyers'
]) }}
union all
{{ as_measures('segments', [
    'orders', 'identified_orders', 'gross_revenue', 'discount', 'kept_revenue', 'rated_orders',
    'net_revenue', 'contribution'
]) }}
union all
{{ as_measures('acquisition', [
    'acquisition_spend', 'acquired_buyers', 'ltv_total', 'ltv_buyers', 'ltv', 'cac'
]) }}
