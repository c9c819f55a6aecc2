-- Grain: one row per lead before as_of: somebody who showed interest. Its number counts the leads
-- of a system; the id of the person's record has no place in the warehouse.
with leads as (
    select
        *,
        {{ known('first_response_at') }} as responded_at,
        row_number() over (
            partition by source_system order by lead_at nulls last, person_record_id
        ) as lead_number
    from {{ ref('stg_leads') }}
    where lead_at is null or lead_at < {{ as_of_at() }}
)

select
    {{ natural_key(['leads.source_system', 'cast(leads.lead_number as string)']) }} as lead_key,
    leads.source_system,
    bindings.customer_id,
    leads.lead_at,
    leads.lead_date,
    leads.lead_source,
    leads.status,
    leads.interest,
    leads.owner,
    leads.responded_at as first_response_at
from leads
{{ bind_customer('leads') }}
