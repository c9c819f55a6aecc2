-- Grain: one row per customer and channel on which they were contacted and there is an address:
-- how often, how often they answered, and the lower Wilson bound of that share, which a single
-- lucky answer does not lift above many.
{% set z = var('wilson_z') %}
with contacts as (
    select
        customer_id,
        channel,
        count(*) as contacts,
        count(case when is_answered then 1 end) as answers
    from {{ ref('fct_touchpoints') }}
    where
        direction = 'out'
        and is_answered is not null
        and customer_id is not null
    group by customer_id, channel
),

rates as (
    select
        contacts.*,
        {{ ratio('contacts.answers', 'contacts.contacts') }} as response_rate
    from contacts
    inner join {{ ref('int_reach') }} as reach
        on
            contacts.customer_id = reach.customer_id
            and contacts.channel = reach.channel
    where reach.has_address
)

select
    *,
    (
        response_rate + {{ z }} * {{ z }} / (2.0 * contacts)
        - {{ z }} * sqrt(
            response_rate * (1 - response_rate) / contacts
            + {{ z }} * {{ z }} / (4.0 * contacts * contacts)
        )
    ) / (1 + {{ z }} * {{ z }} / cast(contacts as double)) as response_bound
from rates
