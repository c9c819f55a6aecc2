-- Grain: one row per month, kind of fact, system and channel: how many facts there are, and how
-- many of them are somebody's. One order refunded in full is none.
with facts as (
    select
        'orders' as fact,
        source_system,
        channel,
        order_date as fact_date,
        customer_id
    from {{ ref('fct_orders') }}
    where not is_fully_refunded
    union all
    select
        'sessions' as fact,
        source_system,
        channel,
        session_date as fact_date,
        customer_id
    from {{ ref('fct_web_sessions') }}
    union all
    select
        'cases' as fact,
        source_system,
        'service' as channel,
        opened_date as fact_date,
        customer_id
    from {{ ref('fct_service_cases') }}
)

select
    cast({{ dbt.date_trunc('month', 'fact_date') }} as date) as month_start,
    fact,
    source_system,
    coalesce(channel, 'unknown') as channel,
    count(*) as facts,
    count(customer_id) as identified_facts
from facts
group by
    cast({{ dbt.date_trunc('month', 'fact_date') }} as date),
    fact,
    source_system,
    coalesce(channel, 'unknown')
