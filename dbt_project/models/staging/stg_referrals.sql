-- Grain: one row per person that a customer referred before as_of.
with latest as (
    {{ latest('referrals', ['referral_id']) }}
)

select
    source_system,
    referral_id,
    referred_at,
    coalesce(referred_system, source_system) as referred_system,
    referred_id,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
where referred_at < {{ as_of_at() }}
