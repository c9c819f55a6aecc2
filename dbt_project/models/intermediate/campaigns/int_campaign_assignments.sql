-- Grain: one row per campaign and customer who was put on one of its lists or held out, by
-- intention to treat: the first such pull says which arm and variant, and since when; of one
-- moment the first variant by name. Who is in both arms is in neither. What follows is that of
-- the conversion_days from then on, whether or not a message arrived.
with pulls as (
    select
        campaign_id,
        customer_id,
        bucket,
        coalesce(variant, '(none)') as variant,
        pulled_at,
        row_number() over (
            partition by campaign_id, customer_id
            order by pulled_at, coalesce(variant, '(none)')
        ) as number
    from {{ ref('fct_audience_pulls') }}
    where
        campaign_id is not null
        and customer_id is not null
        and bucket in ('list', 'holdout')
        and not is_in_both_arms
),

assigned as (
    select
        *,
        {{ dbt.dateadd('day', var('conversion_days'), 'pulled_at') }} as window_end
    from pulls
    where number = 1
),

orders as (
    select customer_id, ordered_at, net_revenue, contribution
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

bought as (
    select
        assigned.campaign_id,
        assigned.customer_id,
        sum(orders.net_revenue) as net_revenue,
        sum(orders.contribution) as contribution
    from assigned
    inner join orders
        on
            assigned.customer_id = orders.customer_id
            and assigned.pulled_at <= orders.ordered_at
            and assigned.window_end >= orders.ordered_at
    group by assigned.campaign_id, assigned.customer_id
)

select
    assigned.campaign_id,
    assigned.customer_id,
    assigned.bucket = 'list' as is_treated,
    assigned.variant,
    assigned.pulled_at as assigned_at,
    {{ business_date('assigned.pulled_at') }} as assigned_date,
    assigned.window_end < {{ as_of_at() }} as is_over,
    bought.customer_id is not null as is_converted,
    coalesce(bought.net_revenue, 0) as net_revenue,
    coalesce(bought.contribution, 0) as contribution
from assigned
left join bought
    on
        assigned.campaign_id = bought.campaign_id
        and assigned.customer_id = bought.customer_id
