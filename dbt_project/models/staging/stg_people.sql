-- Grain: one row per source record of a person, from every source of people; and one per
-- person whom only facts before as_of name, so that every fact that carries an identifier finds
-- someone.
{% set sources = [
    'crm_contacts', 'shop_accounts', 'loyalty_members', 'newsletter_subscribers', 'leads'
] %}
{% set facts = {
    'stg_orders': 'ordered_at', 'stg_campaign_messages': 'event_at', 'stg_consents': 'occurred_at',
    'stg_audience_pulls': 'pulled_at', 'stg_contact_outcomes': 'occurred_at',
    'stg_web_events': 'occurred_at', 'stg_interactions': 'occurred_at',
    'stg_service_cases': 'opened_at', 'stg_survey_responses': 'sent_at',
    'stg_profile_answers': 'answered_at', 'stg_quotes': 'quoted_at', 'stg_referrals': 'referred_at'
} %}

with recorded as (
    {% for source_name in sources -%}
    select
        source_system,
        record_id as source_record_id,
        '{{ source_name }}' as source,
        given_name,
        surname,
        second_surname,
        full_name,
        email,
        phone,
        tax_id,
        loyalty_number,
        birth_date,
        address,
        postal_code,
        city,
        region,
        country,
        language,
        created_at,
        updated_at,
        {{ 'home_store_id' if source_name == 'loyalty_members' else
            'store_id' if source_name == 'crm_contacts' else 'cast(null as string)' }} as home_store_id,
        {{ 'owner' if source_name in ('crm_contacts', 'leads') else 'cast(null as string)' }}
            as account_owner
    from (
        {{ latest(source_name, ['record_id']) }}
    ) as {{ source_name }}
    where created_at is null or created_at < {{ as_of_at() }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

named as (
    {% for fact, moment in facts.items() -%}
    select distinct person_system, person_record_id, party_email, party_phone
    from {{ ref(fact) }}
    where
        person_record_id is not null
        and person_system <> 'cartera'
        and ({{ moment }} is null or {{ moment }} < {{ as_of_at() }})
    union all
    {% endfor -%}
    -- Whom a customer referred is somebody too.
    select distinct
        referred_system as person_system,
        referred_id as person_record_id,
        cast(null as string) as party_email,
        cast(null as string) as party_phone
    from {{ ref('stg_referrals') }}
    where referred_id is not null and referred_at < {{ as_of_at() }}
),

implied as (
    select
        person_system as source_system,
        person_record_id as source_record_id,
        -- An id that a record stands for needs no e-mail of a fact beside it.
        max(party_email) as email,
        max(party_phone) as phone
    from named
    where
        not exists (
            select 1
            from recorded
            where
                recorded.source_system = named.person_system
                and recorded.source_record_id = named.person_record_id
        )
    group by person_system, person_record_id
)

select * from recorded
union all
select
    source_system,
    source_record_id,
    'facts' as source,
    {% for name in ['given_name', 'surname', 'second_surname', 'full_name'] -%}
    cast(null as string) as {{ name }},
    {% endfor -%}
    email,
    phone,
    {% for name, type in {
        'tax_id': 'string', 'loyalty_number': 'string', 'birth_date': 'date', 'address': 'string',
        'postal_code': 'string', 'city': 'string', 'region': 'string', 'country': 'string',
        'language': 'string', 'created_at': 'timestamp', 'updated_at': 'timestamp',
        'home_store_id': 'string'
    }.items() -%}
    cast(null as {{ type }}) as {{ name }},
    {% endfor -%}
    cast(null as string) as account_owner
from implied
