-- Grain: one row per customer and purpose of a contact: by which channel and when they would like
-- it, how often at most, and whether there is anything against it on that channel. Who was erased
-- has no row.
with reasons as (
    select * from {{ ref('contact_reasons') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
)

select
    reasons.customer_id,
    reasons.purpose,
    preferred.preferred_channel,
    preferred.preferred_by,
    habits.best_hour,
    cast(
        coalesce(customers.max_contacts_per_week, {{ var('max_contacts_per_week') }}) as integer
    ) as max_contacts_per_week,
    coalesce(habits.contacts_last_week, 0) as contacts_last_week,
    reasons.has_consent,
    reasons.suppression_reasons is not null as suppressed,
    reasons.suppression_reasons
from reasons
inner join customers
    on reasons.customer_id = customers.customer_id
left join {{ ref('int_preferred_channels') }} as preferred
    on reasons.customer_id = preferred.customer_id
left join {{ ref('int_contact_habits') }} as habits
    on reasons.customer_id = habits.customer_id
where reasons.channel = coalesce(preferred.preferred_channel, '(none)')
