-- Grain: one row per customer, buyers and leads alike: where everyone starts.
with customers as (
    select * from {{ ref('dim_customers') }}
),

orders as (
    select * from {{ ref('int_customer_orders') }}
),

lifecycles as (
    select * from {{ ref('int_lifecycle') }}
),

relationships as (
    select * from {{ ref('int_relationship') }}
),

rfm as (
    select * from {{ ref('customer_rfm') }}
),

classes as (
    select * from {{ ref('customer_value') }}
),

-- Who never ordered has costs all the same.
values_now as (
    select * from {{ ref('int_value_contributions') }}
    where value_date = {{ as_of_date() }}
),

lifetimes as (
    select * from {{ ref('int_lifetime_contributions') }}
),

clv as (
    select * from {{ ref('customer_clv') }}
),

reach as (
    select
        customer_id,
        max(case when channel = 'email' and is_reachable then 1 else 0 end) = 1 as email,
        max(case when channel = 'phone' and is_reachable then 1 else 0 end) = 1 as phone
    from {{ ref('int_reach') }}
    group by customer_id
),

channels as (
    select * from {{ ref('int_preferred_channels') }}
),

acquisitions as (
    select * from {{ ref('int_acquisition') }}
),

needs as (
    select * from {{ ref('customer_needs') }}
    where is_primary
)

select
    customers.customer_id,
    lifecycles.lifecycle_stage,
    relationships.relationship_stage,
    rfm.rfm_segment,
    classes.abc_class,
    classes.value_tier,
    coalesce(classes.is_worst_candidate, false) as is_worst_candidate,
    cast(coalesce(orders.orders, 0) as bigint) as orders,
    cast(coalesce(orders.net_revenue, 0) as decimal(18, 2)) as net_revenue,
    coalesce(values_now.contribution, 0) as contribution,
    coalesce(lifetimes.lifetime_contribution, 0) as lifetime_contribution,
    orders.first_order_date,
    orders.last_order_date,
    cast({{ dbt.datediff('orders.last_order_date', as_of_date(), 'day') }} as integer)
        as recency_days,
    lifecycles.usual_gap as usual_gap_days,
    clv.clv,
    clv.churn_risk,
    channels.preferred_channel,
    channels.preferred_by,
    reach.email as is_reachable_email,
    reach.phone as is_reachable_phone,
    acquisitions.acquisition_channel,
    needs.need as primary_need,
    customers.country,
    customers.language,
    customers.home_store_id,
    customers.account_owner,
    customers.loyalty_tier,
    customers.completeness,
    customers.is_stale,
    customers.is_deceased,
    customers.is_test,
    customers.source_record_count,
    customers.first_seen_at,
    customers.last_confirmed_at,
    {{ as_of_date() }} as as_of
from customers
{% for part in ['orders', 'lifecycles', 'relationships', 'rfm', 'classes', 'values_now',
                'lifetimes', 'clv', 'reach', 'channels', 'acquisitions', 'needs'] -%}
left join {{ part }}
    on customers.customer_id = {{ part }}.customer_id
{% endfor %}
