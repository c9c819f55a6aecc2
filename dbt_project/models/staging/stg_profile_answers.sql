-- Grain: one row per answer to a profile question; that there is one, not what it says.
with latest as (
    {{ latest('profile_answers', ['answer_id']) }}
)

select
    source_system,
    answer_id,
    question,
    need,
    answer is not null or need is not null as has_answer,
    answered_at,
    {{ business_date('answered_at') }} as answer_date,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
