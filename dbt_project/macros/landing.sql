{# What has landed of a source, the last version of each natural key of each system.

   Versions are ordered by batch (partition, delivery, ordinal) and row within it, never by
   the time of landing: increments may land in any order. #}
{% macro latest(source_name, key) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by source_system, {{ key | join(', ') }}
                order by batch_rank desc, batch_row desc
            ) as version
        from {{ source('landing', source_name) }}
    ) as versions
    where version = 1
{%- endmacro %}

{# The person that a fact names: a record of a system, or an e-mail or phone of its own. #}
{% macro person_system() -%}
    case
        when party_id is not null then coalesce(party_system, source_system)
        when party_email is not null or party_phone is not null then source_system
    end
{%- endmacro %}

{% macro person_record_id() -%}
    coalesce(
        party_id,
        'email:' || md5(lower(trim(party_email))),
        'phone:' || md5(party_phone)
    )
{%- endmacro %}
