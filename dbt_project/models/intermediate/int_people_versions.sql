-- Grain: one row per version that landed of a person's source record, as far as it tells no one who
-- they are: from when it holds, and whether it is the last.
{% set told = {
    'crm_contacts': {'home_store_id': 'store_id', 'account_owner': 'owner',
        'preferred_channel': 'preferred_channel', 'max_contacts_per_week': 'max_contacts_per_week',
        'is_deceased': 'is_deceased', 'is_test': 'is_test'},
    'shop_accounts': {},
    'loyalty_members': {'home_store_id': 'home_store_id', 'loyalty_tier': 'tier'},
    'newsletter_subscribers': {'newsletter_status': 'status'},
    'leads': {'account_owner': 'owner'}
} %}

with landed as (
    {% for source_name, columns in told.items() -%}
    select
        source_system,
        record_id as source_record_id,
        batch_rank,
        batch_row,
        created_at,
        updated_at,
        upper(trim(country)) as country,
        trim(region) as region,
        lower(trim(language)) as language,
        {% for name in ['home_store_id', 'account_owner', 'preferred_channel', 'loyalty_tier',
                        'newsletter_status'] -%}
        cast({{ columns.get(name, 'null') }} as string) as {{ name }},
        {% endfor -%}
        cast({{ columns.get('max_contacts_per_week', 'null') }} as bigint)
            as max_contacts_per_week,
        cast({{ columns.get('is_deceased', 'null') }} as boolean) as is_deceased,
        cast({{ columns.get('is_test', 'null') }} as boolean) as is_test
    from {{ source('landing', source_name) }}
    where created_at is null or created_at < {{ as_of_at() }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

numbered as (
    select
        *,
        row_number() over (
            partition by source_system, source_record_id order by batch_rank, batch_row
        ) as version,
        row_number() over (
            partition by source_system, source_record_id order by batch_rank desc, batch_row desc
        ) as age
    from landed
),

-- The first version says how it was since the record was made.
dated as (
    select
        *,
        coalesce(
            case when version = 1 then created_at end,
            updated_at,
            created_at,
            cast('1900-01-01' as timestamp)
        ) as valid_from
    from numbered
)

select
    *,
    age = 1 as is_last
from dated
