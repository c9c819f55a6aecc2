-- Grain: one row per visit of a device: events with no pause of web_session_minutes between them,
-- cut where somebody else logs in. So nobody but one customer logs in within a session.
with events as (
    select * from {{ ref('stg_web_events') }}
),

named as (
    select
        events.source_system,
        events.event_id,
        events.anonymous_id,
        events.occurred_at,
        events.person_record_id is not null as has_login,
        bindings.customer_id,
        lag(events.occurred_at) over device as previous_at
    from events
    {{ bind_customer('events') }}
    window device as (
        partition by events.source_system, events.anonymous_id
        order by events.occurred_at, events.event_id
    )
),

visits as (
    select
        *,
        sum(
            case
                when
                    previous_at is null
                    or {{ dbt.datediff('previous_at', 'occurred_at', 'second') }}
                    > {{ var('web_session_minutes') }} * 60
                    then 1
                else 0
            end
        ) over (
            partition by source_system, anonymous_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as visit_number
    from named
),

-- Who logged in before within the visit: few events are logins.
logins as (
    select
        source_system,
        event_id,
        case
            when
                customer_id <> lag(customer_id) over (
                    partition by source_system, anonymous_id, visit_number
                    order by occurred_at, event_id
                )
                then 1
            else 0
        end as is_somebody_else
    from visits
    where customer_id is not null
),

parts as (
    select
        visits.*,
        sum(coalesce(logins.is_somebody_else, 0)) over (
            partition by visits.source_system, visits.anonymous_id, visits.visit_number
            order by visits.occurred_at, visits.event_id
            rows between unbounded preceding and current row
        ) as part_number
    from visits
    left join logins
        on
            visits.source_system = logins.source_system
            and visits.event_id = logins.event_id
),

ordered as (
    select
        *,
        row_number() over (
            partition by source_system, anonymous_id, visit_number, part_number
            order by occurred_at, event_id
        ) as event_number
    from parts
),

sessions as (
    select
        source_system,
        anonymous_id,
        visit_number,
        part_number,
        max(case when event_number = 1 then event_id end) as first_event_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as events,
        max(case when has_login then 1 else 0 end) = 1 as has_login,
        max(customer_id) as login_customer_id
    from ordered
    group by source_system, anonymous_id, visit_number, part_number
),

numbered as (
    select
        *,
        row_number() over (
            partition by source_system, anonymous_id order by visit_number, part_number
        ) as session_number
    from sessions
),

-- A device is known by its first event: its own id belongs to the site and stays in work.
devices as (
    select
        source_system,
        anonymous_id,
        {{ natural_key(['source_system', 'first_event_id']) }} as device_key
    from numbered
    where session_number = 1
)

select
    {{ natural_key(['numbered.source_system', 'numbered.first_event_id']) }} as session_key,
    numbered.source_system,
    devices.device_key,
    numbered.session_number,
    numbered.started_at,
    numbered.ended_at,
    numbered.events,
    numbered.has_login,
    numbered.login_customer_id
from numbered
inner join devices
    on
        numbered.source_system = devices.source_system
        and numbered.anonymous_id = devices.anonymous_id
