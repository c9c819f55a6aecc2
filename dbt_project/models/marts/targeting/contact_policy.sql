-- Grain: one row per customer and purpose of a contact: by which channel and when they would like
-- it, how often at most, and whether there is anything against it on that channel. Who was erased
-- has no row.
with customers as (
    select * from {{ ref('dim_customers') }}
),

purposes as (
    {% for purpose in var('contact_purposes') -%}
    select '{{ purpose }}' as purpose
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- Of several records the stricter status wins.
consents as (
    select
        customer_id,
        channel,
        purpose,
        min(case when status = 'granted' then 1 else 0 end) = 1 as is_granted,
        max(occurred_at) as told_at
    from {{ ref('fct_consents') }}
    where
        is_current
        and customer_id is not null
    group by customer_id, channel, purpose
),

complainers as (
    select distinct customer_id from {{ ref('fct_service_cases') }}
    where
        kind = 'complaint'
        and is_open
),

joined as (
    select
        customers.customer_id,
        purposes.purpose,
        preferred.preferred_channel,
        preferred.preferred_by,
        habits.best_hour,
        coalesce(habits.contacts_last_week, 0) as contacts_last_week,
        coalesce(reach.has_address, false) as has_address,
        coalesce(consents.is_granted, false) as has_consent,
        customers.is_deceased,
        customers.is_test,
        complainers.customer_id is not null
        and {{ one_of('purposes.purpose', var('quiet_purposes')) }} as has_complaint,
        -- A consent given since makes up for having left.
        coalesce(
            preferred.preferred_channel = 'email' and customers.is_unsubscribed, false
        )
        or (
            warnings.unsubscribed_at is not null
            and not coalesce(
                consents.is_granted and consents.told_at > warnings.unsubscribed_at, false
            )
        ) as is_unsubscribed,
        coalesce(preferred.preferred_channel = 'email' and customers.is_bounced, false)
        or (
            warnings.bounced_at is not null
            and coalesce(warnings.bounced_at >= warnings.delivered_at, true)
        ) as is_bounced,
        warnings.complained_at is not null as is_spam
    from customers
    cross join purposes
    left join {{ ref('int_preferred_channels') }} as preferred
        on customers.customer_id = preferred.customer_id
    left join {{ ref('int_contact_habits') }} as habits
        on customers.customer_id = habits.customer_id
    left join {{ ref('int_reach') }} as reach
        on
            customers.customer_id = reach.customer_id
            and preferred.preferred_channel = reach.channel
    left join consents
        on
            customers.customer_id = consents.customer_id
            and preferred.preferred_channel = consents.channel
            and purposes.purpose = consents.purpose
    left join {{ ref('int_channel_warnings') }} as warnings
        on
            customers.customer_id = warnings.customer_id
            and preferred.preferred_channel = warnings.channel
    left join complainers
        on customers.customer_id = complainers.customer_id
),

reasoned as (
    select
        *,
        nullif(concat_ws(
            ',',
            case when preferred_channel is null then 'no_channel' end,
            case when preferred_channel is not null and not has_address then 'no_address' end,
            case when preferred_channel is not null and not has_consent then 'no_consent' end,
            case when is_unsubscribed then 'unsubscribed' end,
            case when is_bounced then 'hard_bounce' end,
            case when is_spam then 'spam_complaint' end,
            case when has_complaint then 'open_complaint' end,
            case when is_deceased then 'deceased' end,
            case
                when contacts_last_week >= {{ var('max_contacts_per_week') }} then 'frequency_cap'
            end,
            case when is_test then 'test_record' end
        ), '') as suppression_reasons
    from joined
)

select
    customer_id,
    purpose,
    preferred_channel,
    preferred_by,
    best_hour,
    {{ var('max_contacts_per_week') }} as max_contacts_per_week,
    contacts_last_week,
    has_consent,
    suppression_reasons is not null as suppressed,
    suppression_reasons
from reasoned
