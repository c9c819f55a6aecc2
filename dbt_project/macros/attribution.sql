{# ``share`` of an order by one model; the last takes what the others leave of the ``whole``. #}
{% macro last_takes_the_rest(share, whole, type) -%}
    cast(
        case
            when is_last
                then {{ whole }} - (sum({{ share }}) over (partition by order_key, model) - {{ share }})
            else {{ share }}
        end as {{ type }}
    )
{%- endmacro %}
