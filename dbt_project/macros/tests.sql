{# Rows that share all of ``columns`` with another row. #}
{% test unique_together(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{# Buyers that ``model`` lacks, has without an order, or knows by another number of purchase days. #}
{% test same_buyers(model) %}
    with purchases as (
        select customer_id, count(distinct order_date) - 1 as repeat_purchases
        from {{ ref('fct_orders') }}
        where
            customer_id is not null
            and not is_fully_refunded
        group by customer_id
    )

    select coalesce(scores.customer_id, purchases.customer_id) as customer_id
    from {{ model }} as scores
    full outer join purchases
        on scores.customer_id = purchases.customer_id
    where scores.repeat_purchases is distinct from purchases.repeat_purchases
{% endtest %}

{# Probabilities outside 0 to 1, expectations below zero, and what is no number. #}
{% test possible_scores(model) %}
    select customer_id
    from {{ model }}
    where
        not (p_alive between 0 and 1)
        or not (churn_risk between 0 and 1)
        or not (expected_orders between 0 and 1e9)
        or expected_order_value < 0
        or clv < 0
{% endtest %}

{# Stretches of one ``key`` that overlap, leave a gap, are empty, or are not ended by a current one. #}
{% test stretches_meet(model, key) %}
    with ordered as (
        select
            {{ key }},
            valid_from,
            valid_to,
            is_current,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_from
        from {{ model }}
    )

    select *
    from ordered
    where
        valid_to is distinct from next_from
        or valid_to <= valid_from
        or is_current is distinct from (valid_to is null)
{% endtest %}

{# Days of ``day`` that are followed by another than the next. #}
{% test no_gaps(model, day) %}
    with ordered as (
        select {{ day }}, lead({{ day }}) over (order by {{ day }}) as next_day
        from {{ model }}
    )

    select *
    from ordered
    where {{ dbt.datediff(day, 'next_day', 'day') }} <> 1
{% endtest %}

{# Buyers that ``model`` lacks or has without a class, and classes of who never ordered. #}
{% test classes_of_buyers(model) %}
    with buyers as (
        select distinct customer_id
        from {{ ref('fct_orders') }}
        where
            customer_id is not null
            and not is_fully_refunded
    ),

    classed as (
        select customer_id
        from {{ model }}
        where
            abc_class is not null
            and value_tier is not null
    )

    select coalesce(buyers.customer_id, classed.customer_id) as customer_id
    from buyers
    full outer join classed
        on buyers.customer_id = classed.customer_id
    where
        buyers.customer_id is null
        or classed.customer_id is null
{% endtest %}

{# Month ends and schemes whose migrations do not add up to the buyers of the month end. #}
{% test migrations_are_whole(model) %}
    with moved as (
        select month_end, scheme, sum(customers) as customers
        from {{ model }}
        group by month_end, scheme
    ),

    buyers as (
        select month_end, count(*) as customers
        from {{ ref('segment_history') }}
        group by month_end
    )

    select moved.month_end, moved.scheme
    from moved
    left join buyers
        on moved.month_end = buyers.month_end
    where moved.customers is distinct from buyers.customers
{% endtest %}

{# Rates that are no fraction. #}
{% test fraction(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where not ({{ column_name }} between 0 and 1)
{% endtest %}

{# Numbers below zero. #}
{% test not_negative(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} < 0
{% endtest %}
