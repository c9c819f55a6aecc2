-- Grain: one row per month, topic and customer who contacted us about it: whether they did so
-- again within repeat_contact_days. A case, and a call, visit, fair or chat that they started, is
-- a contact.
with contacts as (
    select customer_id, topic, opened_at as contacted_at, opened_date as contact_date
    from {{ ref('fct_service_cases') }}
    where customer_id is not null and topic is not null
    union
    select customer_id, topic, occurred_at as contacted_at, interaction_date as contact_date
    from {{ ref('fct_interactions') }}
    where customer_id is not null and topic is not null and direction = 'in'
),

followed as (
    select
        *,
        {{ dbt.dateadd('day', var('repeat_contact_days'), 'contacted_at') }} as repeat_until,
        lead(contacted_at) over (
            partition by customer_id, topic order by contacted_at
        ) as next_contact_at
    from contacts
)

select
    cast({{ dbt.date_trunc('month', 'contact_date') }} as date) as month_start,
    topic,
    customer_id,
    max(case when next_contact_at <= repeat_until then 1 else 0 end) = 1 as is_repeated
from followed
group by
    cast({{ dbt.date_trunc('month', 'contact_date') }} as date),
    topic,
    customer_id
