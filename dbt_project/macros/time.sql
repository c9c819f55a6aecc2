{# The day of the business time zone in which a UTC moment falls. #}
{% macro business_date(moment) -%}
    {{ adapter.dispatch('business_date', 'cartera')(moment) }}
{%- endmacro %}

{% macro default__business_date(moment) -%}
    cast(timezone('{{ var("business_timezone") }}', timezone('UTC', {{ moment }})) as date)
{%- endmacro %}

{# The exclusive end of the data that this build is for, as a UTC moment and as a day. #}
{% macro as_of_at() -%} cast('{{ var("as_of_at") }}' as timestamp) {%- endmacro %}

{% macro as_of_date() -%} cast('{{ var("as_of") }}' as date) {%- endmacro %}

{# A moment, unless it lies at as_of or after it: what was not known yet is NULL. #}
{% macro known(moment) -%}
    case when {{ moment }} < {{ as_of_at() }} then {{ moment }} end
{%- endmacro %}

{# One row per day from ``first`` to ``last``, both in; without a first day none. #}
{% macro each_day(first, last) -%}
    {{ adapter.dispatch('each_day', 'cartera')(first, last) }}
{%- endmacro %}

{% macro default__each_day(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date)
{%- endmacro %}

{% macro spark__each_day(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}

{% macro spark__business_date(moment) -%}
    cast(from_utc_timestamp({{ moment }}, '{{ var("business_timezone") }}') as date)
{%- endmacro %}
