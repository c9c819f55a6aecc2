-- Grain: one row per session, product and category that was looked at in it; the product's own
-- category comes before the one that the event names.
with events as (
    select
        cuts.session_key,
        events.source_system,
        events.product_id,
        events.category,
        events.occurred_at
    from {{ ref('int_web_events') }} as events
    inner join {{ ref('int_web_sessions') }} as cuts
        on
            events.source_system = cuts.source_system
            and events.anonymous_id = cuts.anonymous_id
            and events.session_number = cuts.session_number
    where coalesce(events.product_id, events.category) is not null
),

sessions as (
    select session_key, customer_id, session_date from {{ ref('fct_web_sessions') }}
),

viewed as (
    select
        events.session_key,
        products.product_key,
        events.product_id,
        coalesce(products.category, events.category) as category,
        min(events.occurred_at) as first_viewed_at,
        count(*) as views
    from events
    left join {{ ref('int_product_references') }} as products
        on
            events.source_system = products.source_system
            and events.product_id = products.product_id
    group by
        events.session_key,
        products.product_key,
        events.product_id,
        coalesce(products.category, events.category)
)

select
    viewed.session_key,
    sessions.customer_id,
    sessions.session_date,
    viewed.product_key,
    viewed.product_id,
    viewed.category,
    viewed.first_viewed_at,
    cast(viewed.views as bigint) as views
from viewed
inner join sessions
    on viewed.session_key = sessions.session_key
