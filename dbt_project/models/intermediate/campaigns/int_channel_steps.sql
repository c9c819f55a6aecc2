-- Grain: one row per step from channel to channel, with how often it was taken: from (start), on
-- from contact to contact, to (conversion) by an order or to (null). Contacts without an order in
-- attribution_days are one path as long as each is followed by the next within these days; of
-- those that may still lead to one nothing is known.
{% set days = var('attribution_days') %}
with paths as (
    select * from {{ ref('int_attribution_paths') }}
),

lost as (
    select
        touches.touched_at,
        coalesce(touches.channel, '(none)') as channel,
        lag(coalesce(touches.channel, '(none)')) over path as previous_channel,
        lag(touches.touched_at) over path as previous_at,
        lead(touches.touched_at) over path as next_at
    from {{ ref('fct_touchpoints') }} as touches
    left join paths
        on touches.touch_key = paths.touch_key
    where
        paths.touch_key is null
        and touches.customer_id is not null
        and {{ one_of('touches.kind', var('attribution_kinds')) }}
        and {{ dbt.dateadd('day', days, 'touches.touched_at') }} < {{ as_of_at() }}
    window path as (
        partition by touches.customer_id order by touches.touched_at, touches.touch_key
    )
),

steps as (
    select
        coalesce(previous_channel, '(start)') as from_channel,
        channel as to_channel
    from paths
    union all
    select channel as from_channel, '(conversion)' as to_channel
    from paths
    where place = touches
    union all
    select
        case
            when {{ dbt.dateadd('day', days, 'previous_at') }} >= touched_at then previous_channel
            else '(start)'
        end as from_channel,
        channel as to_channel
    from lost
    union all
    select channel as from_channel, '(null)' as to_channel
    from lost
    where coalesce({{ dbt.dateadd('day', days, 'touched_at') }} < next_at, true)
)

select
    from_channel,
    to_channel,
    count(*) as steps
from steps
group by from_channel, to_channel
