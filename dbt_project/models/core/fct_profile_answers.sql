-- Grain: one row per answer to a profile question before as_of: that there is one and the need that
-- it states, never its words. The last one of a customer to a question is marked by is_current.
with answers as (
    select
        answers.*,
        bindings.customer_id
    from {{ ref('stg_profile_answers') }} as answers
    {{ bind_customer('answers') }}
    where answers.answered_at < {{ as_of_at() }}
)

select
    {{ natural_key(['source_system', 'answer_id']) }} as answer_key,
    source_system,
    answer_id,
    customer_id,
    person_record_id is not null as is_identifiable,
    question,
    need,
    has_answer,
    answered_at,
    answer_date,
    customer_id is not null
    and row_number() over (
        partition by customer_id, question
        order by answered_at desc, source_system desc, answer_id desc
    ) = 1 as is_current
from answers
