{# What has landed of a source, the last version of each natural key of each system.

   Versions are ordered by batch (partition, delivery, ordinal) and row within it, never by
   the time of landing: increments may land in any order. Most keys come once: only those
   that come again are sorted. #}
{% macro latest(source_name, key) -%}
    {%- set columns = ['source_system'] + key -%}
    {%- set same = [] -%}
    {%- for column in columns -%}
        {%- do same.append('landed.' ~ column ~ ' is not distinct from repeated.' ~ column) -%}
    {%- endfor -%}
    with repeated as (
        select {{ columns | join(', ') }}, count(*) as versions
        from {{ source('landing', source_name) }}
        group by {{ columns | join(', ') }}
        having count(*) > 1
    )

    select landed.*, 1 as version
    from {{ source('landing', source_name) }} as landed
    left join repeated
        on {{ same | join(' and ') }}
    where repeated.versions is null
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
            on {{ same | join(' and ') }}
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
