{# The key of a row in core: its natural key, with the system it is from. #}
{% macro natural_key(columns) -%}
    {{ columns | join(" || '|' || ") }}
{%- endmacro %}

{# The customer of each identified fact of ``relation``: a left join, NULL where there is none. #}
{% macro bind_customer(alias) -%}
    left join {{ source('identity', 'bindings') }} as bindings
        on
            {{ alias }}.person_system = bindings.person_system
            and {{ alias }}.person_record_id = bindings.person_record_id
{%- endmacro %}

{# A ratio, NULL where there is nothing to divide by. #}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# ``value``, or ``limit`` if that is less; NULL stays NULL, which least() would lose. #}
{% macro at_most(value, limit) -%}
    case when {{ value }} > {{ limit }} then {{ limit }} else {{ value }} end
{%- endmacro %}
