-- Grain: one row per day of the business time zone, from that of the earliest fact to the last day
-- before as_of. Weeks are ISO weeks: from Monday, and of the year of their Thursday.
with firsts as (
    {% for fact, day in {
        'fct_orders': 'order_date', 'fct_refunds': 'refund_date',
        'fct_campaign_messages': 'event_date', 'fct_web_sessions': 'session_date',
        'fct_interactions': 'interaction_date', 'fct_service_cases': 'opened_date',
        'fct_quotes': 'quote_date', 'fct_survey_responses': 'sent_date',
        'fct_profile_answers': 'answer_date', 'fct_referrals': 'referral_date',
        'fct_leads': 'lead_date', 'fct_contact_outcomes': 'outcome_date',
        'fct_campaign_costs': 'cost_date', 'fct_ad_stats': 'stat_date'
    }.items() -%}
    select min({{ day }}) as first_date from {{ ref(fact) }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

earliest as (
    select min(first_date) as first_date from firsts
),

days as (
    select
        {{ each_day('first_date', dbt.dateadd('day', -1, as_of_date())) }} as date_day
    from earliest
    where first_date is not null
),

starts as (
    select
        date_day,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date) as week_start,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start,
        cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as quarter_start,
        cast({{ dbt.date_trunc('year', 'date_day') }} as date) as year_start
    from days
),

ends as (
    select
        *,
        cast({{ dbt.dateadd('day', 3, 'week_start') }} as date) as thursday,
        cast({{ dbt.dateadd('day', 7, 'week_start') }} as date) as next_week,
        cast({{ dbt.dateadd('month', 1, 'month_start') }} as date) as next_month,
        cast({{ dbt.dateadd('month', 3, 'quarter_start') }} as date) as next_quarter,
        cast({{ dbt.dateadd('year', 1, 'year_start') }} as date) as next_year
    from starts
),

parts as (
    select
        *,
        {{ dbt.datediff('week_start', 'date_day', 'day') }} + 1 as weekday,
        extract(year from thursday) as iso_year,
        cast({{ dbt.date_trunc('year', 'thursday') }} as date) as iso_year_start
    from ends
),

numbered as (
    select
        *,
        {{ dbt.datediff('iso_year_start', 'thursday', 'day') }} as iso_days
    from parts
)

select
    parts.date_day as date,
    cast(extract(year from parts.date_day) as integer) as year,
    cast(extract(quarter from parts.date_day) as integer) as quarter,
    cast(extract(month from parts.date_day) as integer) as month,
    cast(extract(day from parts.date_day) as integer) as day_of_month,
    cast({{ dbt.datediff('parts.year_start', 'parts.date_day', 'day') }} + 1 as integer)
        as day_of_year,
    cast(parts.iso_year as integer) as iso_year,
    cast(1 + floor(parts.iso_days / 7.0) as integer) as iso_week,
    cast(parts.weekday as integer) as iso_weekday,
    parts.weekday > 5 as is_weekend,
    parts.week_start,
    parts.month_start,
    parts.quarter_start,
    parts.year_start,
    parts.next_week <= {{ as_of_date() }} as is_week_complete,
    parts.next_month <= {{ as_of_date() }} as is_month_complete,
    parts.next_quarter <= {{ as_of_date() }} as is_quarter_complete,
    parts.next_year <= {{ as_of_date() }} as is_year_complete,
    {{ dbt.dateadd('day', 1, 'parts.date_day') }} = parts.next_month as is_month_end,
    months.english as month_en,
    months.spanish as month_es,
    weekdays.english as weekday_en,
    weekdays.spanish as weekday_es
from numbered as parts
inner join {{ ref('calendar_labels') }} as months
    on
        months.kind = 'month'
        and months.number = extract(month from parts.date_day)
inner join {{ ref('calendar_labels') }} as weekdays
    on
        weekdays.kind = 'weekday'
        and weekdays.number = parts.weekday
