-- Grain: one row per session of a device. One without a login is the customer's whose device it
-- was then, and identified_by says how that is known.
with sessions as (
    select
        *,
        -- Only of a session without a login it is asked whose device it was.
        case when login_customer_id is null then device_key end as asked_device_key
    from {{ ref('int_web_sessions') }}
),

identities as (
    select * from {{ ref('web_identities') }}
)

select
    sessions.session_key,
    sessions.source_system,
    sessions.device_key,
    coalesce(sessions.login_customer_id, identities.customer_id) as customer_id,
    case
        when sessions.login_customer_id is not null then 'login'
        when sessions.started_at < identities.first_login_at then 'later_login'
        when identities.customer_id is not null then 'earlier_login'
    end as identified_by,
    sessions.has_login,
    sessions.started_at,
    sessions.ended_at,
    {{ business_date('sessions.started_at') }} as session_date,
    sessions.channel,
    sessions.is_paid,
    sessions.utm_source,
    sessions.utm_medium,
    sessions.utm_campaign,
    sessions.device,
    cast(sessions.events as bigint) as events,
    cast(sessions.product_views as bigint) as product_views,
    cast(sessions.ad_clicks as bigint) as ad_clicks,
    cast(sessions.purchases as bigint) as purchases
from sessions
left join identities
    on
        sessions.asked_device_key = identities.device_key
        and sessions.started_at >= identities.valid_from
        and sessions.started_at < identities.valid_to
