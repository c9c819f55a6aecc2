-- Grain: one row per device and stretch of the clock with an event before as_of: the number of its
-- visit, which a pause of more than web_session_minutes ends, and what could cut that visit.
-- Stretches are as long as that pause, so that events of one are of one visit: there are far fewer
-- of them to sort.
with events as (
    select
        events.source_system,
        events.anonymous_id,
        {{ web_stretch('events.occurred_at') }} as stretch,
        events.occurred_at,
        events.campaign,
        bindings.customer_id
    from {{ ref('stg_web_events') }} as events
    {{ bind_customer('events') }}
    where events.occurred_at < {{ as_of_at() }}
),

stretches as (
    select
        source_system,
        anonymous_id,
        stretch,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(case when campaign is null then occurred_at end) as without_campaign_at,
        min(case when campaign is not null then occurred_at end) as campaign_at,
        min(campaign) as least_campaign,
        max(campaign) as most_campaign,
        min(customer_id) as least_customer_id,
        max(customer_id) as most_customer_id
    from events
    group by source_system, anonymous_id, stretch
),

paused as (
    select
        *,
        lag(ended_at) over (
            partition by source_system, anonymous_id order by stretch
        ) as previous_at
    from stretches
),

begun as (
    select
        *,
        case
            when
                {{ dbt.datediff('previous_at', 'started_at', 'second') }}
                <= {{ var('web_session_minutes') }} * 60
                then 0
            else 1
        end as begins_visit
    from paused
)

select
    source_system,
    anonymous_id,
    stretch,
    without_campaign_at,
    campaign_at,
    least_campaign,
    most_campaign,
    least_customer_id,
    most_customer_id,
    {{ last_known('case when begins_visit = 1 then started_at end', 'so_far') }}
        as visit_started_at,
    cast(sum(begins_visit) over so_far as integer) as visit_number
from begun
window so_far as (
    partition by source_system, anonymous_id
    order by stretch
    rows between unbounded preceding and current row
)
