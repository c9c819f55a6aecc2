-- Grain: one row per event of a device before as_of, with the number of its session: no pause of
-- web_session_minutes in it, one campaign at most, and nobody but one customer logs in.
with events as (
    select
        events.source_system,
        events.anonymous_id,
        events.event_id,
        events.occurred_at,
        events.event_type,
        events.product_id,
        events.category,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        events.campaign,
        events.device,
        events.person_record_id is not null as is_login,
        bindings.customer_id
    from {{ ref('stg_web_events') }} as events
    {{ bind_customer('events') }}
    where events.occurred_at < {{ as_of_at() }}
),

paused as (
    select
        *,
        lag(occurred_at) over (
            partition by source_system, anonymous_id order by occurred_at, event_id
        ) as previous_at
    from events
),

begun as (
    select
        *,
        case
            when
                {{ dbt.datediff('previous_at', 'occurred_at', 'second') }}
                <= {{ var('web_session_minutes') }} * 60
                then 0
            else 1
        end as begins_visit
    from paused
),

-- What may cut a visit is rare: only where one begins, and events with a campaign or a login, are
-- looked at again. Sorting all events once more for each question is what costs.
marks as (
    select
        *,
        sum(begins_visit) over (
            partition by source_system, anonymous_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as visit_number
    from begun
    where begins_visit = 1 or campaign is not null or customer_id is not null
),

-- Fewer still are the visits in which something could cut: two campaigns or none at first, or two
-- customers.
doubtful as (
    select source_system, anonymous_id, visit_number
    from marks
    group by source_system, anonymous_id, visit_number
    having
        min(campaign) <> max(campaign)
        or count(case when begins_visit = 1 and campaign is null then 1 end) * count(campaign) > 0
        or min(customer_id) <> max(customer_id)
),

-- A campaign cuts where the visit has come that far without it or with another one.
campaigns as (
    select
        marks.*,
        case
            when campaign is null or begins_visit = 1 then 0
            when campaign = lag(campaign) over (
                partition by
                    marks.source_system, marks.anonymous_id, marks.visit_number, campaign is null
                order by occurred_at, event_id
            ) then 0
            else 1
        end as is_other_campaign
    from marks
    inner join doubtful
        on
            marks.source_system = doubtful.source_system
            and marks.anonymous_id = doubtful.anonymous_id
            and marks.visit_number = doubtful.visit_number
),

logins as (
    select
        *,
        sum(is_other_campaign) over (
            partition by source_system, anonymous_id, visit_number
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as campaign_number
    from campaigns
),

cuts as (
    select
        source_system,
        event_id,
        case
            when is_other_campaign = 1 then 1
            when customer_id <> lag(customer_id) over (
                partition by
                    source_system, anonymous_id, visit_number, campaign_number,
                    customer_id is null
                order by occurred_at, event_id
            ) then 1
            else 0
        end as is_cut
    from logins
),

starts as (
    select
        begun.*,
        case when begun.begins_visit = 1 or cuts.is_cut = 1 then 1 else 0 end as is_start
    from begun
    left join cuts
        on
            begun.source_system = cuts.source_system
            and begun.event_id = cuts.event_id
            and cuts.is_cut = 1
)

select
    source_system,
    anonymous_id,
    event_id,
    occurred_at,
    event_type,
    product_id,
    category,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    is_login,
    customer_id,
    is_start,
    sum(is_start) over (
        partition by source_system, anonymous_id
        order by occurred_at, event_id
        rows between unbounded preceding and current row
    ) as session_number
from starts
