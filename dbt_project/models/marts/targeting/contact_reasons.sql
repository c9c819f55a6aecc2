-- Grain: one row per customer, channel and purpose of a contact, with all that is against it. This
-- is where it is decided who may be contacted: contact_policy and every list read it. Channels are
-- those of contact_channels and the one that the customer prefers; who prefers none has rows of the
-- channel (none). Who was erased has no row. Rows come channel by channel, as those of int_reach:
-- a list reads a part of them.
with customers as (
    select * from {{ ref('dim_customers') }}
),

preferred as (
    select * from {{ ref('int_preferred_channels') }}
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

-- A stated preference may be for a channel to which no address leads.
channels as (
    select customer_id, channel, has_address from {{ ref('int_reach') }}
    union all
    select customer_id, preferred_channel as channel, false as has_address
    from preferred
    where not {{ one_of('preferred_channel', var('contact_channels').keys() | list) }}
    union all
    select customers.customer_id, '(none)' as channel, false as has_address
    from customers
    left join preferred
        on customers.customer_id = preferred.customer_id
    where preferred.customer_id is null
),

warned as (
    select
        channels.customer_id,
        channels.channel,
        channels.channel <> '(none)' as is_channel,
        channels.has_address,
        coalesce(channels.channel = 'email' and customers.is_unsubscribed, false)
            as is_off_the_newsletter,
        warnings.unsubscribed_at,
        coalesce(channels.channel = 'email' and customers.is_bounced, false)
        or (
            warnings.bounced_at is not null
            and coalesce(warnings.bounced_at >= warnings.delivered_at, true)
        ) as is_bounced,
        warnings.complained_at is not null as is_spam,
        complainers.customer_id is not null as is_complaining,
        customers.is_deceased,
        customers.is_test,
        coalesce(habits.contacts_last_week, 0)
        >= coalesce(customers.max_contacts_per_week, {{ var('max_contacts_per_week') }})
            as is_tired
    from channels
    inner join customers
        on channels.customer_id = customers.customer_id
    left join {{ ref('int_channel_warnings') }} as warnings
        on
            channels.customer_id = warnings.customer_id
            and channels.channel = warnings.channel
    left join {{ ref('int_contact_habits') }} as habits
        on channels.customer_id = habits.customer_id
    left join complainers
        on channels.customer_id = complainers.customer_id
),

judged as (
    select
        warned.*,
        purposes.purpose,
        coalesce(consents.is_granted, false) as has_consent,
        -- Where consent is not asked for, silence is no refusal; a withdrawal is.
        not coalesce(
            consents.is_granted,
            {{ one_of('purposes.purpose', var('unasked_purposes')) }}
        ) as is_refused,
        warned.is_off_the_newsletter
        or (
            warned.unsubscribed_at is not null
            -- A consent given since makes up for having left.
            and not coalesce(
                consents.is_granted and consents.told_at > warned.unsubscribed_at, false
            )
        ) as is_unsubscribed,
        warned.is_complaining
        and {{ one_of('purposes.purpose', var('quiet_purposes')) }} as is_too_early
    from warned
    cross join purposes
    left join consents
        on
            warned.customer_id = consents.customer_id
            and warned.channel = consents.channel
            and purposes.purpose = consents.purpose
)

-- The first reason is the one that a list shows: what no consent would change comes first.
select
    customer_id,
    channel,
    purpose,
    has_consent,
    nullif(concat_ws(
        ',',
        case when is_test then 'test_record' end,
        case when is_deceased then 'deceased' end,
        case when not is_channel then 'no_channel' end,
        case when is_channel and not has_address then 'no_address' end,
        case when is_bounced then 'hard_bounce' end,
        case when is_channel and is_refused then 'no_consent' end,
        case when is_unsubscribed then 'unsubscribed' end,
        case when is_spam then 'spam_complaint' end,
        case when is_too_early then 'open_complaint' end,
        case when is_tired then 'frequency_cap' end
    ), '') as suppression_reasons
from judged
