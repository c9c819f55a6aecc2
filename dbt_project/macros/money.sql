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

{# An amount in the reporting currency, to the cent. DuckDB multiplies decimals of 18 digits within 18
   digits, which a hundred million overflows; those of 19 it multiplies thirty times as slowly. #}
{% macro converted(amount, rate) -%}
    case
        when abs({{ amount }}) < 10000000 and {{ rate }} < 10
            then cast({{ amount }} * {{ rate }} as decimal(18, 2))
        else cast(cast({{ amount }} as decimal(19, 2)) * {{ rate }} as decimal(18, 2))
    end
{%- endmacro %}

{% macro rate_day(alias, day) -%}
    case
        when {{ alias }}.currency = '{{ var("reporting_currency") }}' then {{ alias }}.{{ day }}
        else rates.fx_date
    end
{%- endmacro %}
