-- Grain: one row per customer with a channel to prefer: the one that they asked for, else the one
-- with the best lower bound of response among those that they ever answered, else the default of
-- the first source in the seed source_channels that knows them and for whose channel there is an
-- address.
with customers as (
    select * from {{ ref('dim_customers') }}
),

responses as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id order by response_bound desc, channel asc
        ) as place
    from {{ ref('int_channel_responses') }}
    where answers > 0
),

sources as (
    select distinct
        identity_map.customer_id,
        people.source
    from {{ ref('stg_people') }} as people
    inner join {{ source('contacts', 'identity_map') }} as identity_map
        on
            people.source_system = identity_map.source_system
            and people.source_record_id = identity_map.source_record_id
),

defaults as (
    select
        sources.customer_id,
        channels.channel,
        row_number() over (partition by sources.customer_id order by channels.place) as place
    from sources
    inner join {{ ref('source_channels') }} as channels
        on sources.source = channels.source
    inner join {{ ref('int_reach') }} as reach
        on
            sources.customer_id = reach.customer_id
            and channels.channel = reach.channel
    where reach.has_address
),

joined as (
    select
        customers.customer_id,
        customers.preferred_channel as stated,
        responses.channel as answered,
        defaults.channel as usual
    from customers
    left join responses
        on
            customers.customer_id = responses.customer_id
            and responses.place = 1
    left join defaults
        on
            customers.customer_id = defaults.customer_id
            and defaults.place = 1
)

select
    customer_id,
    coalesce(stated, answered, usual) as preferred_channel,
    case
        when stated is not null then 'stated'
        when answered is not null then 'response'
        else 'default'
    end as preferred_by
from joined
where coalesce(stated, answered, usual) is not null
