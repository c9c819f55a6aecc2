-- Grain: one row per session, product and category that was looked at in it; the product's own
-- category comes before the one that the event names.
with events as (
    select * from {{ ref('int_web_events') }}
    where coalesce(product_id, category) is not null
),

sessions as (
    select
        cuts.source_system,
        cuts.anonymous_id,
        cuts.visit_number,
        cuts.visit_part,
        sessions.session_key,
        sessions.customer_id,
        sessions.session_date
    from {{ ref('int_web_sessions') }} as cuts
    inner join {{ ref('fct_web_sessions') }} as sessions
        on cuts.session_key = sessions.session_key
),

viewed as (
    select
        events.source_system,
        events.anonymous_id,
        events.visit_number,
        events.visit_part,
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
        events.source_system,
        events.anonymous_id,
        events.visit_number,
        events.visit_part,
        products.product_key,
        events.product_id,
        coalesce(products.category, events.category)
)

select
    sessions.session_key,
    sessions.customer_id,
    sessions.session_date,
    viewed.product_key,
    viewed.product_id,
    viewed.category,
    viewed.first_viewed_at,
    cast(viewed.views as bigint) as views
from viewed
inner join sessions
    on
        viewed.source_system = sessions.source_system
        and viewed.anonymous_id = sessions.anonymous_id
        and viewed.visit_number = sessions.visit_number
        and viewed.visit_part = sessions.visit_part
