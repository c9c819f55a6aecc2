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

{# The row of ``dimension`` that ``alias`` names by ``id``: that of its own system, else of the only
   other system that has one. Then ``found`` is its key, NULL where there is none or more than one. #}
{% macro find(alias, dimension, id, key) -%}
    left join {{ ref(dimension) }} as own_{{ id }}
        on
            {{ alias }}.source_system = own_{{ id }}.source_system
            and {{ alias }}.{{ id }} = own_{{ id }}.{{ id }}
    left join (
        select {{ id }}, min({{ key }}) as {{ key }}
        from {{ ref(dimension) }}
        group by {{ id }}
        having count(*) = 1
    ) as only_{{ id }}
        on {{ alias }}.{{ id }} = only_{{ id }}.{{ id }}
{%- endmacro %}

{% macro found(id, key) -%}
    coalesce(own_{{ id }}.{{ key }}, only_{{ id }}.{{ key }})
{%- endmacro %}

{# The latest value up to here that is not NULL, over a named window with its frame. #}
{% macro last_known(expression, window) -%}
    {{ adapter.dispatch('last_known', 'cartera')(expression, window) }}
{%- endmacro %}

{% macro default__last_known(expression, window) -%}
    last_value({{ expression }} ignore nulls) over {{ window }}
{%- endmacro %}

{% macro spark__last_known(expression, window) -%}
    last_value({{ expression }}, true) over {{ window }}
{%- endmacro %}

{# Whether ``expression`` is one of ``values``, which are the project's own words. #}
{% macro one_of(expression, values) -%}
    {{ expression }} in (
        {% for value in values -%}
        '{{ value }}'{{ ',' if not loop.last }}
        {% endfor %}
    )
{%- endmacro %}

{# The share of the columns has_<name> that are true. #}
{% macro share_known(alias, names) -%}
    cast((
        0
        {% for name in names -%}
        + case when {{ alias }}.has_{{ name }} then 1 else 0 end
        {% endfor %}
    ) as double) / {{ names | length }}
{%- endmacro %}

{# The different values of ``expression``, sorted, separated by commas. #}
{% macro list_of(expression) -%}
    {{ adapter.dispatch('list_of', 'cartera')(expression) }}
{%- endmacro %}

{% macro default__list_of(expression) -%}
    string_agg(distinct {{ expression }}, ',' order by {{ expression }})
{%- endmacro %}

{% macro spark__list_of(expression) -%}
    nullif(array_join(sort_array(collect_set({{ expression }})), ','), '')
{%- endmacro %}
