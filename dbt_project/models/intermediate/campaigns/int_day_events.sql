-- Grain: one row per day and customer (NULL for nobody known) with what happened: visits to the
-- web and to stores, leads, orders that were kept and what they brought.
with visits as (
    select customer_id, session_date as event_date
    from {{ ref('fct_web_sessions') }}
    union all
    select customer_id, interaction_date as event_date
    from {{ ref('fct_interactions') }}
    where
        kind = 'visit'
        and direction = 'in'
),

events as (
    select
        customer_id,
        event_date,
        1 as visits,
        0 as leads,
        0 as orders,
        cast(0 as decimal(18, 2)) as net_revenue
    from visits
    union all
    select
        customer_id,
        lead_date as event_date,
        0 as visits,
        1 as leads,
        0 as orders,
        cast(0 as decimal(18, 2)) as net_revenue
    from {{ ref('fct_leads') }}
    where lead_date is not null
    union all
    select
        customer_id,
        order_date as event_date,
        0 as visits,
        0 as leads,
        1 as orders,
        coalesce(net_revenue, 0) as net_revenue
    from {{ ref('fct_orders') }}
    where not is_fully_refunded
)

select
    customer_id,
    event_date,
    sum(visits) as visits,
    sum(leads) as leads,
    sum(orders) as orders,
    sum(net_revenue) as net_revenue
from events
group by customer_id, event_date
