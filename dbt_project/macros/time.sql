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
