{# The day ``days`` before ``date``, as a date. #}
{% macro days_before(date, days) -%}
    cast({{ dbt.dateadd('day', -days, date) }} as date)
{%- endmacro %}

{# The day ``months`` before ``date``, as a date. #}
{% macro months_before(date, months) -%}
    cast({{ dbt.dateadd('month', -months, date) }} as date)
{%- endmacro %}

{# Whether a row is among the best ``share`` of ``total``: less than that share comes before it, so
   that the best tenth of five is one and not none. ``place`` counts from 1. #}
{% macro is_in_top(place, total, share) -%}
    {{ place }} - 1 < {{ share }} * {{ total }}
{%- endmacro %}
