{# One step of inverting a matrix in place (Gauss and Jordan), of whose cells ``relation`` has one
   row each: ``place`` is the row and column that is swept. A matrix without it stays as it is. What
   a row or column brings along stays with it. #}
{% macro swept(relation, place) -%}
    select
        from_state,
        to_state,
        start_share,
        conversion_rate,
        case
            when pivot_cell is null then cell
            when from_state = {{ place }} and to_state = {{ place }} then 1 / pivot_cell
            when from_state = {{ place }} then cell / pivot_cell
            when to_state = {{ place }} then -cell / pivot_cell
            else cell - row_cell * column_cell / pivot_cell
        end as cell
    from (
        select
            *,
            max(case when from_state = {{ place }} then cell end) over (partition by to_state)
                as row_cell,
            max(case when to_state = {{ place }} then cell end) over (partition by from_state)
                as column_cell,
            max(case when from_state = {{ place }} and to_state = {{ place }} then cell end) over ()
                as pivot_cell
        from {{ relation }}
    ) as cells
{%- endmacro %}
