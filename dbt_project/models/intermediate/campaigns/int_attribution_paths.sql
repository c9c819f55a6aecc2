-- Grain: one row per order that was kept and contact of the attribution_days before it that may
-- have led to it, numbered from the first. A visit by an ad is told by its session, and who
-- complained asked for help: neither an ad click nor a case is among attribution_kinds.
with touches as (
    select * from {{ ref('fct_touchpoints') }}
    where
        customer_id is not null
        and {{ one_of('kind', var('attribution_kinds')) }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
)

select
    orders.order_key,
    touches.touch_key,
    coalesce(touches.channel, '(none)') as channel,
    touches.campaign_id,
    touches.campaign_key,
    {{ dbt.datediff('touches.touched_at', 'orders.ordered_at', 'second') }} as seconds_before,
    orders.net_revenue,
    orders.contribution,
    row_number() over path as place,
    count(*) over (partition by orders.order_key) as touches,
    lag(coalesce(touches.channel, '(none)')) over path as previous_channel
from orders
inner join touches
    on
        orders.customer_id = touches.customer_id
        and orders.ordered_at >= touches.touched_at
        and orders.ordered_at
        <= {{ dbt.dateadd('day', var('attribution_days'), 'touches.touched_at') }}
window path as (partition by orders.order_key order by touches.touched_at, touches.touch_key)
