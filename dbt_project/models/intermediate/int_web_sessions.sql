-- Grain: one row per session of a device: a part of a visit of int_web_events. A device is known by
-- its first event: its own id belongs to the site and stays in work.
with sessions as (
    select
        source_system,
        anonymous_id,
        visit_number,
        visit_part,
        min(case when is_start then event_id end) as first_event_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as events,
        count(case when event_type = 'product_view' then 1 end) as product_views,
        count(case when event_type = 'ad_click' then 1 end) as ad_clicks,
        count(case when event_type = 'purchase' then 1 end) as purchases,
        -- There is one campaign at most.
        max(utm_source) as utm_source,
        max(utm_medium) as utm_medium,
        max(utm_campaign) as utm_campaign,
        max(device) as device,
        count(events.person_record_id) > 0 as has_login,
        max(bindings.customer_id) as login_customer_id
    from {{ ref('int_web_events') }} as events
    {{ bind_customer('events') }}
    group by source_system, anonymous_id, visit_number, visit_part
),

paid as (
    select
        *,
        ad_clicks > 0
        or coalesce({{ one_of('utm_medium', var('paid_mediums')) }}, false) as is_paid
    from sessions
),

devices as (
    select
        source_system,
        anonymous_id,
        {{ natural_key(['source_system', 'first_event_id']) }} as device_key
    from sessions
    where
        visit_number = 1
        and visit_part = 0
)

select
    {{ natural_key(['paid.source_system', 'paid.first_event_id']) }} as session_key,
    paid.source_system,
    paid.anonymous_id,
    devices.device_key,
    paid.visit_number,
    paid.visit_part,
    started_at,
    ended_at,
    events,
    product_views,
    ad_clicks,
    purchases,
    device,
    utm_source,
    utm_medium,
    utm_campaign,
    is_paid,
    -- Paid visits are the platform's, others the medium's that brought them, else the web's own.
    case
        when is_paid then coalesce(utm_source, 'ads')
        else coalesce(utm_medium, utm_source, 'web')
    end as channel,
    has_login,
    login_customer_id
from paid
inner join devices
    on
        paid.source_system = devices.source_system
        and paid.anonymous_id = devices.anonymous_id
