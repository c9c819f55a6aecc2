-- Grain: one row per contact that went out to a known customer in a campaign: whether they were in
-- its target segment on the last month end before, whether they had lapsed, and whether they then
-- ordered within reactivation_days. What a segment that has no history was is not known.
{% set kept = ['rfm_segment', 'abc_class', 'value_tier'] -%}
{% set silent_days = dbt.datediff('ordered.last_order_date', 'contacts.touch_date', 'day') -%}
with contacts as (
    select
        touch_key,
        campaign_key,
        customer_id,
        touched_at,
        touch_date,
        {{ dbt.dateadd('day', var('reactivation_days'), 'touched_at') }} as window_end,
        {{ days_before(dbt.date_trunc('month', 'touch_date'), 1) }} as month_end
    from {{ ref('fct_touchpoints') }}
    where
        direction = 'out'
        and campaign_key is not null
        and customer_id is not null
),

segments as (
    select dimension, member from {{ ref('segment_names') }}
    where {{ one_of('dimension', kept) }}
    union
    select 'rfm_segment' as dimension, segment as member from {{ ref('rfm_segments') }}
),

targets as (
    select
        campaigns.campaign_key,
        lower(trim(campaigns.target_segment)) = '{{ var("everybody") }}' as is_everybody,
        segments.dimension,
        segments.member
    from {{ ref('dim_campaigns') }} as campaigns
    left join segments
        on campaigns.target_segment = segments.member
),

history as (
    select * from {{ ref('segment_history') }}
),

month_ends as (
    select distinct month_end from history
),

orders as (
    select customer_id, ordered_at, order_date
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

ordered as (
    select
        contacts.touch_key,
        max(case when orders.ordered_at < contacts.touched_at then orders.order_date end)
            as last_order_date,
        max(
            case
                when
                    orders.ordered_at > contacts.touched_at
                    and orders.ordered_at <= contacts.window_end
                    then 1
                else 0
            end
        ) = 1 as is_followed
    from contacts
    inner join orders
        on contacts.customer_id = orders.customer_id
    group by contacts.touch_key
)

select
    contacts.touch_key,
    contacts.campaign_key,
    contacts.customer_id,
    case
        when targets.is_everybody then false
        when targets.member is not null and month_ends.month_end is not null
            then coalesce(
                case targets.dimension
                    {% for name in kept -%}
                    when '{{ name }}' then history.{{ name }}
                    {% endfor -%}
                end <> targets.member,
                true
            )
    end as is_off_target,
    contacts.window_end < {{ as_of_at() }} as is_over,
    coalesce({{ silent_days }} > {{ var('lapsed_days') }}, false)
    or coalesce({{ silent_days }} > {{ var('lapsed_gaps') }} * gaps.usual_gap, false)
        as is_lapsed,
    coalesce(ordered.is_followed, false) as is_followed
from contacts
left join targets
    on contacts.campaign_key = targets.campaign_key
left join month_ends
    on contacts.month_end = month_ends.month_end
left join history
    on
        contacts.customer_id = history.customer_id
        and contacts.month_end = history.month_end
left join ordered
    on contacts.touch_key = ordered.touch_key
left join {{ ref('int_order_gaps') }} as gaps
    on contacts.customer_id = gaps.customer_id
