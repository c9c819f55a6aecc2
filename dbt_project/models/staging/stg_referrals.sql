-- Grain: one row per person that a customer referred.
with latest as (
    {{ latest('referrals', ['referral_id']) }}
)

select
    source_system,
    referral_id,
    referred_at,
    {{ business_date('referred_at') }} as referral_date,
    channel,
    case when referred_id is not null then coalesce(referred_system, source_system) end
        as referred_system,
    referred_id,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
