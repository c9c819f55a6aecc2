-- Grain: one row per customer who ever ordered or was quoted: what they brought in the trailing
-- window, what they could bring, their classes, and whether they decline or cost more than they
-- bring. Who only was quoted has no class.
with values_now as (
    select * from {{ ref('int_value_contributions') }}
    where value_date = {{ as_of_date() }}
),

classes as (
    select * from {{ ref('int_value_classes') }}
    where value_date = {{ as_of_date() }}
),

declines as (
    select * from {{ ref('int_value_declines') }}
),

rescues as (
    select distinct customer_id from {{ ref('customer_alerts') }}
),

customers as (
    select
        reasons.*,
        coalesce(values_now.contribution, 0) as contribution,
        count(*) over () as customers,
        row_number() over (
            order by coalesce(values_now.contribution, 0), reasons.customer_id
        ) as worst_place
    from {{ ref('int_worst_reasons') }} as reasons
    left join values_now
        on reasons.customer_id = values_now.customer_id
),

judged as (
    select
        customers.*,
        {{ is_in_top('worst_place', 'customers', var('worst_share')) }} as is_in_worst_share,
        rescues.customer_id is not null as has_rescue_alert
    from customers
    left join rescues
        on customers.customer_id = rescues.customer_id
)

select
    judged.customer_id,
    cast(coalesce(values_now.frequency, 0) as bigint) as orders,
    cast(coalesce(values_now.net_revenue, 0) as decimal(18, 2)) as net_revenue,
    coalesce(values_now.order_contribution, 0) as order_contribution,
    cast(coalesce(values_now.unknown_orders, 0) as bigint) as unknown_orders,
    coalesce(values_now.contact_cost, 0) as contact_cost,
    coalesce(values_now.service_cost, 0) as service_cost,
    cast(judged.contribution as decimal(18, 2)) as contribution,
    case when values_now.orders > 0 then values_now.expected_orders end as expected_orders,
    case when values_now.orders > 0 then values_now.contribution_per_order end
        as contribution_per_order,
    case when values_now.orders > 0 then values_now.potential end as potential,
    classes.abc_class,
    classes.share_before,
    classes.value_tier,
    coalesce(classes.bz_actual_only, false) as bz_actual_only,
    cast(declines.revenue_recent as decimal(18, 2)) as revenue_recent,
    cast(declines.revenue_year_before as decimal(18, 2)) as revenue_year_before,
    cast(declines.revenue_before as decimal(18, 2)) as revenue_before,
    declines.decline_ratio,
    judged.is_in_worst_share,
    judged.has_rescue_alert,
    judged.is_in_worst_share and not judged.has_rescue_alert as is_worst_candidate,
    case
        when judged.is_in_worst_share
            then nullif(concat_ws(
                ',',
                case when judged.is_silent then 'no_order_in_a_year' end,
                case when judged.is_falling then 'orders_falling' end,
                case when judged.is_never_won then 'no_quote_won' end
            ), '')
    end as worst_reasons
from judged
left join values_now
    on judged.customer_id = values_now.customer_id
left join classes
    on judged.customer_id = classes.customer_id
left join declines
    on judged.customer_id = declines.customer_id
