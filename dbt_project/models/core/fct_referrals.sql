-- Grain: one row per person that a customer referred before as_of: who did, and who came.
select
    {{ natural_key(['referrals.source_system', 'referrals.referral_id']) }} as referral_key,
    referrals.source_system,
    referrals.referral_id,
    bindings.customer_id,
    referrals.person_record_id is not null as is_identifiable,
    referred.customer_id as referred_customer_id,
    referrals.referred_at,
    referrals.referral_date,
    referrals.channel
from {{ ref('stg_referrals') }} as referrals
{{ bind_customer('referrals') }}
left join {{ source('identity', 'bindings') }} as referred
    on
        referrals.referred_system = referred.person_system
        and referrals.referred_id = referred.person_record_id
where referrals.referred_at < {{ as_of_at() }}
