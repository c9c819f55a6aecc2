-- Grain: one row per event of a visit after something cut it: another campaign, or another customer
-- who logs in. visit_part counts the cuts so far.
with doubtful as (
    select source_system, anonymous_id, visit_number
    from {{ ref('int_web_stretches') }}
    group by source_system, anonymous_id, visit_number
    having
        min(least_campaign) <> max(most_campaign)
        or min(without_campaign_at) <= min(campaign_at)
        or min(least_customer_id) <> max(most_customer_id)
),

stretches as (
    select
        stretches.source_system,
        stretches.anonymous_id,
        stretches.stretch,
        stretches.visit_number
    from {{ ref('int_web_stretches') }} as stretches
    inner join doubtful
        on
            stretches.source_system = doubtful.source_system
            and stretches.anonymous_id = doubtful.anonymous_id
            and stretches.visit_number = doubtful.visit_number
),

events as (
    select
        events.source_system,
        events.anonymous_id,
        events.event_id,
        events.occurred_at,
        events.campaign,
        stretches.visit_number,
        bindings.customer_id
    from {{ ref('stg_web_events') }} as events
    inner join stretches
        on
            events.source_system = stretches.source_system
            and events.anonymous_id = stretches.anonymous_id
            and {{ web_stretch('events.occurred_at') }} = stretches.stretch
    {{ bind_customer('events') }}
    where events.occurred_at < {{ as_of_at() }}
),

-- A campaign cuts where the visit has come that far without it or with another one.
campaigns as (
    select
        *,
        case
            when campaign is null then 0
            when row_number() over (
                partition by source_system, anonymous_id, visit_number
                order by occurred_at, event_id
            ) = 1 then 0
            when campaign = lag(campaign) over (
                partition by source_system, anonymous_id, visit_number, campaign is null
                order by occurred_at, event_id
            ) then 0
            else 1
        end as is_other_campaign
    from events
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
        *,
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

counted as (
    select
        source_system,
        event_id,
        is_cut = 1 as is_start,
        cast(sum(is_cut) over (
            partition by source_system, anonymous_id, visit_number
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as integer) as visit_part
    from cuts
)

select
    source_system,
    event_id,
    visit_part,
    is_start
from counted
where visit_part > 0
