{# The reporting currency for one unit of a row's own, on a day of it. Join the rates once per
   relation, then take the rate and the day that it is from. Without a rate both are NULL. #}
{% macro join_rates(alias, day) -%}
    left join {{ ref('stg_fx_rates') }} as rates
        on
            {{ alias }}.currency = rates.currency
            and {{ alias }}.{{ day }} = rates.valid_on
{%- endmacro %}

{% macro rate_of(alias) -%}
    case
        when {{ alias }}.currency = '{{ var("reporting_currency") }}' then cast(1 as decimal(18, 8))
        else rates.rate
    end
{%- endmacro %}

{% macro rate_day(alias, day) -%}
    case
        when {{ alias }}.currency = '{{ var("reporting_currency") }}' then {{ alias }}.{{ day }}
        else rates.fx_date
    end
{%- endmacro %}
