-- Grain: one row per consent given or withdrawn. The status on as_of, the latest of each source
-- record and the strictest over the records of a customer, is marked by is_current.
with consents as (
    select
        *,
        -- Of two events of one moment the withdrawal counts.
        row_number() over (
            partition by person_system, person_record_id, channel, purpose
            order by occurred_at desc, status desc, source_system asc, consent_id asc
        ) as recency
    from {{ ref('stg_consents') }}
    where occurred_at < {{ as_of_at() }}
)

select
    {{ natural_key(['consents.source_system', 'consents.consent_id']) }} as consent_key,
    consents.source_system,
    bindings.customer_id,
    consents.person_record_id is not null as is_identifiable,
    consents.channel,
    consents.purpose,
    consents.status,
    consents.occurred_at,
    -- Nobody's consent is nobody's latest.
    consents.recency = 1 and consents.person_record_id is not null as is_current
from consents
{{ bind_customer('consents') }}
