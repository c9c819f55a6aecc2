{# The day of the business time zone in which a UTC moment falls. #}
{% macro business_date(moment) -%}
    {{ adapter.dispatch('business_date', 'cartera')(moment) }}
{%- endmacro %}

{# DuckDB asks a calendar about each row, at half a microsecond. Where the day is the same by the
   zone's least and greatest distance from UTC, with an hour to spare, it need not be asked. #}
{% macro default__business_date(moment) -%}
    {%- set name = var('business_timezone') -%}
    {%- set zone = modules.pytz.timezone(name) -%}
    {%- set offsets = [] -%}
    {%- for month in range(12 * 68) if execute -%}
        {%- set first = modules.datetime.datetime(1970 + month // 12, month % 12 + 1, 1) -%}
        {%- do offsets.append(zone.fromutc(first).utcoffset().total_seconds() | int) -%}
    {%- endfor -%}
    {%- set least = (offsets or [0]) | min -%}
    {%- set most = (offsets or [0]) | max -%}
    case
        when
            {{ moment }} >= timestamp '1970-01-01'
            and {{ moment }} < timestamp '2037-01-01'
            and cast({{ moment }} + interval '{{ least - 3600 }} seconds' as date)
            = cast({{ moment }} + interval '{{ most + 3600 }} seconds' as date)
            then cast({{ moment }} + interval '{{ least }} seconds' as date)
        else cast(timezone('{{ name }}', timezone('UTC', {{ moment }})) as date)
    end
{%- endmacro %}

{# The exclusive end of the data that this build is for, as a UTC moment and as a day. #}
{% macro as_of_at() -%} cast('{{ var("as_of_at") }}' as timestamp) {%- endmacro %}

{% macro as_of_date() -%} cast('{{ var("as_of") }}' as date) {%- endmacro %}

{# A moment, unless it lies at as_of or after it: what was not known yet is NULL. #}
{% macro known(moment) -%}
    case when {{ moment }} < {{ as_of_at() }} then {{ moment }} end
{%- endmacro %}

{# One row per day from ``first`` to ``last``, both in; without a first day none. #}
{% macro each_day(first, last) -%}
    {{ adapter.dispatch('each_day', 'cartera')(first, last) }}
{%- endmacro %}

{% macro default__each_day(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date)
{%- endmacro %}

{% macro spark__each_day(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}

{% macro spark__business_date(moment) -%}
    cast(from_utc_timestamp({{ moment }}, '{{ var("business_timezone") }}') as date)
{%- endmacro %}

{# The stretch of the clock in which a moment lies, each as long as the pause that ends a visit. #}
{% macro web_stretch(moment) -%}
    cast(floor(
        {{ dbt.datediff("cast('1970-01-01' as timestamp)", moment, 'second') }}
        / {{ var('web_session_minutes') * 60.0 }}
    ) as bigint)
{%- endmacro %}

{# The hour of the day, in the business time zone, of a UTC moment. #}
{% macro business_hour(moment) -%}
    {{ adapter.dispatch('business_hour', 'cartera')(moment) }}
{%- endmacro %}

{% macro default__business_hour(moment) -%}
    cast(
        extract(hour from timezone('{{ var("business_timezone") }}', timezone('UTC', {{ moment }})))
        as integer
    )
{%- endmacro %}

{% macro spark__business_hour(moment) -%}
    hour(from_utc_timestamp({{ moment }}, '{{ var("business_timezone") }}'))
{%- endmacro %}
