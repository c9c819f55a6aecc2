-- Grain: one row per identified session and one per ad click in such a session. What ads cost is
-- media, which is not paid by the visit.
{{ config(materialized='view') }}

with sessions as (
    select * from {{ ref('fct_web_sessions') }}
    where customer_id is not null
),

clicks as (
    select
        {{ natural_key(['events.source_system', 'events.event_id']) }} as click_key,
        cuts.session_key,
        events.occurred_at
    from {{ ref('int_web_events') }} as events
    inner join {{ ref('int_web_sessions') }} as cuts
        on
            events.source_system = cuts.source_system
            and events.anonymous_id = cuts.anonymous_id
            and events.visit_number = cuts.visit_number
            and events.visit_part = cuts.visit_part
    where events.event_type = 'ad_click'
),

touches as (
    select
        'session|' || session_key as touch_key,
        session_key,
        started_at as touched_at,
        'session' as kind
    from sessions
    union all
    select
        'click|' || click_key as touch_key,
        session_key,
        occurred_at as touched_at,
        'ad_click' as kind
    from clicks
)

select
    touches.touch_key,
    touches.session_key as fact_key,
    sessions.source_system,
    sessions.customer_id,
    touches.touched_at,
    {{ business_date('touches.touched_at') }} as touch_date,
    'in' as direction,
    touches.kind,
    sessions.channel,
    sessions.utm_campaign as campaign_id,
    {{ found('campaign_id', 'campaign_key') }} as campaign_key,
    cast(null as string) as variant,
    cast(null as bigint) as step,
    true as is_answered,
    touches.touched_at as answered_at,
    cast(0 as decimal(18, 8)) as cost
from touches
inner join (
    select
        *,
        utm_campaign as campaign_id
    from sessions
) as sessions
    on touches.session_key = sessions.session_key
{{ find('sessions', 'dim_campaigns', 'campaign_id', 'campaign_key') }}
