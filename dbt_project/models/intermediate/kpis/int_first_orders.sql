-- Grain: one row per buyer: the first order that was kept, and the channel that brought them: that
-- of the latest touchpoint of the acquisition_lookback_days before it which they started or
-- answered, a visit from nowhere in particular (web) only if there is no other; else the channel
-- of the order itself. A channel of paid media is paid.
with numbered as (
    select
        customer_id,
        order_key,
        ordered_at,
        order_date,
        channel,
        contribution,
        row_number() over (partition by customer_id order by ordered_at, order_key) as number
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

firsts as (
    select * from numbered
    where number = 1
),

touches as (
    select
        firsts.customer_id,
        touchpoints.channel,
        row_number() over (
            partition by firsts.customer_id
            order by
                case when touchpoints.channel = 'web' then 1 else 0 end,
                touchpoints.touched_at desc,
                touchpoints.touch_key
        ) as place
    from firsts
    inner join {{ ref('fct_touchpoints') }} as touchpoints
        on
            firsts.customer_id = touchpoints.customer_id
            and firsts.ordered_at >= touchpoints.touched_at
            and touchpoints.touched_at > {{ dbt.dateadd(
                'day', -1 * var('acquisition_lookback_days'), 'firsts.ordered_at'
            ) }}
    where
        touchpoints.kind <> 'case'
        and touchpoints.channel is not null
        and (touchpoints.direction = 'in' or coalesce(touchpoints.is_answered, false))
),

paid as (
    select media_channel as channel from {{ ref('media_channels') }}
    union
    select platform as channel from {{ ref('fct_ad_stats') }}
)

select
    firsts.customer_id,
    firsts.order_key,
    firsts.ordered_at,
    firsts.order_date,
    firsts.contribution,
    coalesce(touches.channel, firsts.channel, 'unknown') as acquisition_channel,
    paid.channel is not null as is_paid
from firsts
left join touches
    on
        firsts.customer_id = touches.customer_id
        and touches.place = 1
left join paid
    on coalesce(touches.channel, firsts.channel, 'unknown') = paid.channel
