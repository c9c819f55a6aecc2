{# What has landed of a source, the last version of each natural key of each system.

   Versions are ordered by batch (partition, delivery, ordinal) and row within it, never by
   the time of landing: increments may land in any order. Most keys come once: only those whose
   hash comes again are sorted, and a hash that two keys share does no harm. #}
{% macro latest(source_name, key) -%}
    {%- set columns = ['source_system'] + key -%}
    {%- set hashed = row_hash('landed', columns) -%}
    with repeated as (
        select {{ hashed }} as key_hash
        from {{ source('landing', source_name) }} as landed
        group by {{ hashed }}
        having count(*) > 1
    )

    select landed.*, 1 as version
    from {{ source('landing', source_name) }} as landed
    left join repeated
        on {{ hashed }} = repeated.key_hash
    where repeated.key_hash is null
    union all
    select *
    from (
        select
            landed.*,
            row_number() over (
                partition by {% for column in columns %}landed.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by landed.batch_rank desc, landed.batch_row desc
            ) as version
        from {{ source('landing', source_name) }} as landed
        inner join repeated
            on {{ hashed }} = repeated.key_hash
    ) as versions
    where version = 1
{%- endmacro %}

{# A number of 64 bits that is the same for rows that are the same in ``columns``. #}
{% macro row_hash(alias, columns) -%}
    {%- set qualified = [] -%}
    {%- for column in columns -%}
        {%- do qualified.append(alias ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ adapter.dispatch('hash_of', 'cartera')(qualified) }}
{%- endmacro %}

{% macro default__hash_of(expressions) -%}
    hash({{ expressions | join(', ') }})
{%- endmacro %}

{% macro spark__hash_of(expressions) -%}
    xxhash64({{ expressions | join(', ') }})
{%- endmacro %}

{# The person that a fact names: a record of a system, or an e-mail or phone of its own. #}
{% macro person_system() -%}
    case
        when party_id is not null then coalesce(party_system, source_system)
        when party_email is not null or party_phone is not null then source_system
    end
{%- endmacro %}

{# An id, or the keyed hash of the e-mail or phone: made before dbt runs, where the key may be. #}
{% macro person_record_id() -%}
    coalesce(party_id, party_key)
{%- endmacro %}
