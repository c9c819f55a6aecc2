{# What Spark and dbt-spark do otherwise than the models mean it; docs/scale-out.md says why.
   Functions of ours that differ stand with their meaning, in the other files. #}

{# The inputs of a build as tables: the Parquet that `cartera export-inputs` wrote. #}
{% macro expose_inputs() -%}
    {%- if execute and target.type == 'spark' -%}
        {%- for schema in graph.sources.values() | map(attribute='schema') | unique -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- endfor -%}
        {%- for source in graph.sources.values() -%}
            {%- set name = source.schema ~ '.' ~ source.identifier -%}
            {%- set path = [var('inputs'), source.schema, source.identifier] | join('/') -%}
            {%- do run_query('drop table if exists ' ~ name) -%}
            {%- do run_query("create table " ~ name ~ " using parquet location '" ~ path ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# Keeps what is smaller than a second, which dbt-spark's own cuts off. #}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}

{# Counts the boundaries between two moments, as DuckDB does. #}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
    datediff(cast({{ second_date }} as date), cast({{ first_date }} as date))
    {%- elif datepart == 'month' -%}
    (
        12 * (year({{ second_date }}) - year({{ first_date }}))
        + month({{ second_date }}) - month({{ first_date }})
    )
    {%- elif datepart == 'second' -%}
    (unix_seconds({{ second_date }}) - unix_seconds({{ first_date }}))
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "On Spark datediff knows day, month and second, not " ~ datepart ~ ": see macros/spark.sql."
    ) }}
    {%- endif -%}
{%- endmacro %}

{# A type of a contract or of a seed, which are in DuckDB's words. #}
{% macro spark_type(type) -%}
    {{ 'string' if type == 'varchar' else type }}
{%- endmacro %}

{# A table has the types of its contract: the engines differ in those of sums and products, and
   DuckDB has held the model's own to it. #}
{% macro spark__get_select_subquery(sql) -%}
    select
        {% for column in model.columns.values() -%}
        cast({{ column.name }} as {{ spark_type(column.data_type) }}) as {{ column.name }}
        {{- ',' if not loop.last }}
        {% endfor -%}
    from (
        {{ sql }}
    ) as model
{%- endmacro %}

{% macro spark__get_assert_columns_equivalent(sql) -%}{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- set sql -%}
    create table {{ this.render() }} (
        {%- for name in agate_table.column_names -%}
        {{ name }} {{ spark_type(types[name]) }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    )
    {{ file_format_clause() }}
    {%- endset -%}
    {%- call statement('_') -%}{{ sql }}{%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}

{# dbt-spark's own makes an empty cell the text None and breaks at an apostrophe. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- set sql -%}
    insert into {{ this.render() }} values
    {% for row in agate_table.rows -%}
    (
        {%- for value in row -%}
        {%- set type = spark_type(types[agate_table.column_names[loop.index0]]) -%}
        cast({{ spark_text(value) if value is not none else 'null' }} as {{ type }})
        {{- ', ' if not loop.last }}
        {%- endfor -%}
    ){{ ',' if not loop.last }}
    {% endfor %}
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}

{# A literal text. #}
{% macro spark_text(value) -%}
    '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
