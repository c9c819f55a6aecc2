-- Grain: one row per call, visit, fair or chat before as_of. What nobody answered is told by its
-- outcome; a call without an outcome leaves it unknown.
with interactions as (
    select
        *,
        {{ one_of("lower(trim(replace(outcome, '_', ' ')))", var('unanswered_outcomes')) }}
            as is_unanswered
    from {{ ref('stg_interactions') }}
    where occurred_at < {{ as_of_at() }}
)

select
    {{ natural_key(['interactions.source_system', 'interactions.interaction_id']) }}
        as interaction_key,
    interactions.source_system,
    interactions.interaction_id,
    bindings.customer_id,
    interactions.person_record_id is not null as is_identifiable,
    interactions.occurred_at,
    interactions.interaction_date,
    interactions.kind,
    -- Who comes by, came; whom nobody knows to have called, was called.
    coalesce(
        interactions.direction, case when interactions.kind = 'call' then 'out' else 'in' end
    ) as direction,
    interactions.topic,
    interactions.outcome,
    case
        when interactions.is_unanswered then false
        when interactions.outcome is not null or interactions.kind <> 'call' then true
        when interactions.direction = 'in' then true
    end as is_answered,
    interactions.employee_id,
    interactions.store_id,
    interactions.has_next_step,
    interactions.next_step_on
from interactions
{{ bind_customer('interactions') }}
