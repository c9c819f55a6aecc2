-- Grain: one row per event of a device before as_of, with its session, which is a part of a visit:
-- no pause of more than web_session_minutes in it, one campaign at most, and only one customer
-- logs in. is_start is true of a session's first event and of others of the same moment.
{{ config(materialized='view') }}

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
    events.device,
    events.person_system,
    events.person_record_id,
    stretches.visit_number,
    coalesce(cuts.visit_part, 0) as visit_part,
    coalesce(cuts.is_start, events.occurred_at = stretches.visit_started_at) as is_start
from {{ ref('stg_web_events') }} as events
left join {{ ref('int_web_stretches') }} as stretches
    on
        events.source_system = stretches.source_system
        and events.anonymous_id = stretches.anonymous_id
        and {{ web_stretch('events.occurred_at') }} = stretches.stretch
left join {{ ref('int_web_cuts') }} as cuts
    on
        events.source_system = cuts.source_system
        and events.event_id = cuts.event_id
where events.occurred_at < {{ as_of_at() }}
