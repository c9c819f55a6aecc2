-- Grain: one row per customer and channel with what went wrong there: when they last left, when a
-- message last bounced for good, complained of as spam, and when one last arrived.
with messages as (
    select customer_id, channel, event_type, event_at
    from {{ ref('fct_campaign_messages') }}
    where event_type in ('unsubscribe', 'hard_bounce', 'complaint', 'delivered')
),

-- Who says so on the phone has left as well.
refusals as (
    select customer_id, channel, 'unsubscribe' as event_type, occurred_at as event_at
    from {{ ref('fct_contact_outcomes') }}
    where outcome = 'opt_out'
),

events as (
    select * from messages
    union all
    select * from refusals
)

select
    customer_id,
    channel,
    max(case when event_type = 'unsubscribe' then event_at end) as unsubscribed_at,
    max(case when event_type = 'hard_bounce' then event_at end) as bounced_at,
    max(case when event_type = 'complaint' then event_at end) as complained_at,
    max(case when event_type = 'delivered' then event_at end) as delivered_at
from events
where
    customer_id is not null
    and channel is not null
group by customer_id, channel
