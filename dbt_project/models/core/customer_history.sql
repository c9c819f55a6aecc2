-- Grain: one row per customer and stretch of time in which nothing known of them changed (SCD2,
-- half-open). Of each attribute it holds what a record of the customer said last. Changes of one
-- moment are one change; a version that a later one corrects for the same time never held.
with versions as (
    select
        *,
        min(valid_from) over (
            partition by source_system, source_record_id
            order by version desc
            rows between unbounded preceding and 1 preceding
        ) as corrected_from
    from {{ ref('int_people_versions') }}
    where valid_from < {{ as_of_at() }}
),

told as (
    select
        identity_map.customer_id,
        versions.*
    from versions
    inner join {{ source('contacts', 'identity_map') }} as identity_map
        on
            versions.source_system = identity_map.source_system
            and versions.source_record_id = identity_map.source_record_id
    where versions.corrected_from is null or versions.valid_from < versions.corrected_from
),

{% set attributes = [
    'country', 'region', 'language', 'home_store_id', 'account_owner', 'preferred_channel',
    'loyalty_tier', 'newsletter_status'
] -%}
known as (
    select
        customer_id,
        valid_from,
        {% for name in attributes -%}
        {{ last_known(name, 'so_far') }} as {{ name }},
        {% endfor -%}
        row_number() over (
            partition by customer_id, valid_from
            order by source_system desc, source_record_id desc, version desc
        ) as recency
    from told
    window so_far as (
        partition by customer_id
        order by valid_from, source_system, source_record_id, version
        rows between unbounded preceding and current row
    )
),

moments as (
    select
        *,
        row_number() over (partition by customer_id order by valid_from) as moment
    from known
    where recency = 1
),

changes as (
    select later.*
    from moments as later
    left join moments as before
        on
            later.customer_id = before.customer_id
            and later.moment = before.moment + 1
    where
        before.customer_id is null
        {% for name in attributes -%}
        or later.{{ name }} is distinct from before.{{ name }}
        {% endfor %}
),

stretches as (
    select
        *,
        row_number() over (partition by customer_id order by valid_from) as version,
        lead(valid_from) over (partition by customer_id order by valid_from) as valid_to
    from changes
)

select
    {{ natural_key(['customer_id', 'cast(version as string)']) }} as customer_history_key,
    customer_id,
    version,
    valid_from,
    valid_to,
    valid_to is null as is_current,
    {{ attributes | join(',\n    ') }}
from stretches
