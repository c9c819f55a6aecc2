-- Grain: one row per device and stretch of time in which it is one customer's. It begins where
-- they log in, or up to web_identity_days before if nobody else had the device then; it ends
-- where somebody else logs in, or web_identity_days after they were last seen. Half-open.
with logged_in as (
    select
        *,
        -- After so long a silence that nothing joins the two it is another stay.
        case
            when
                login_customer_id = lag(login_customer_id) over device
                and {{ dbt.dateadd('day', -2 * var('web_identity_days'), 'started_at') }}
                <= lag(ended_at) over device
                then 0
            else 1
        end as is_first
    from {{ ref('int_web_sessions') }}
    where login_customer_id is not null
    window device as (partition by device_key order by visit_number, visit_part)
),

turns as (
    select
        *,
        sum(is_first) over (
            partition by device_key
            order by visit_number, visit_part
            rows between unbounded preceding and current row
        ) as turn
    from logged_in
),

stays as (
    select
        source_system,
        device_key,
        turn,
        max(login_customer_id) as customer_id,
        min(started_at) as first_login_at,
        max(ended_at) as last_login_at,
        count(*) as login_sessions
    from turns
    group by source_system, device_key, turn
),

bounded as (
    select
        *,
        lead(first_login_at) over (partition by device_key order by turn) as next_login_at,
        {{ dbt.dateadd('day', var('web_identity_days'), 'last_login_at') }} as fades_at,
        {{ dbt.dateadd('day', -1 * var('web_identity_days'), 'first_login_at') }} as dawns_at
    from stays
),

ended as (
    select
        *,
        case when next_login_at < fades_at then next_login_at else fades_at end as valid_to
    from bounded
),

begun as (
    select
        *,
        lag(valid_to) over (partition by device_key order by turn) as previous_valid_to
    from ended
)

select
    {{ natural_key(['device_key', 'cast(turn as string)']) }} as web_identity_key,
    source_system,
    device_key,
    customer_id,
    case when previous_valid_to > dawns_at then previous_valid_to else dawns_at end as valid_from,
    valid_to,
    first_login_at,
    last_login_at,
    cast(login_sessions as bigint) as login_sessions
from begun
