-- Grain: one row per campaign of media without an address and day after its first one: what
-- happened on that day, with everybody, and on the same weekday of each of the baseline_weeks
-- before the first day, on the mean; NULL where the calendar begins later. Such media are campaigns
-- with figures of ads, and those that cost something and delivered no message.
{% set weeks = var('baseline_weeks') -%}
{% set names = ['visits', 'leads', 'orders', 'net_revenue'] -%}
with deliveries as (
    select distinct campaign_key from {{ ref('fct_campaign_messages') }}
    where event_type = 'delivered'
),

shown as (
    select campaign_key, min(stat_date) as first_day
    from {{ ref('fct_ad_stats') }}
    where campaign_key is not null
    group by campaign_key
),

paid as (
    select distinct costs.campaign_key
    from {{ ref('fct_campaign_costs') }} as costs
    left join deliveries
        on costs.campaign_key = deliveries.campaign_key
    where deliveries.campaign_key is null
),

media as (
    select
        campaigns.campaign_key,
        campaigns.campaign_id,
        coalesce(shown.first_day, {{ business_date('campaigns.starts_at') }}) as first_day
    from {{ ref('dim_campaigns') }} as campaigns
    left join shown
        on campaigns.campaign_key = shown.campaign_key
    left join paid
        on campaigns.campaign_key = paid.campaign_key
    where
        shown.campaign_key is not null
        or paid.campaign_key is not null
),

-- The day itself is week 0.
days as (
    {% for day in var('day_after_days') -%}
    {% for week in range(weeks + 1) -%}
    select
        campaign_key,
        campaign_id,
        first_day,
        {{ day }} as day_after,
        {{ week }} as week,
        {{ days_before('first_day', -day if week == 0 else 7 * week - day % 7) }} as day
    from media
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

totals as (
    select
        event_date,
        sum(visits) as visits,
        sum(leads) as leads,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue
    from {{ ref('int_day_events') }}
    group by event_date
),

calendar as (
    select min(date) as first_date from {{ ref('dim_dates') }}
)

select
    days.campaign_key,
    days.campaign_id,
    {% for name in names -%}
    coalesce(sum(case when days.week = 0 then totals.{{ name }} end), 0) as {{ name }},
    case
        when min(days.day) >= min(calendar.first_date)
            then {{ ratio(
                'sum(case when days.week > 0 then coalesce(totals.' ~ name ~ ', 0) end)', weeks
            ) }}
    end as baseline_{{ name }},
    {% endfor -%}
    days.day_after
from days
cross join calendar
left join totals
    on days.day = totals.event_date
group by days.campaign_key, days.campaign_id, days.day_after
having max(days.day) < {{ as_of_date() }}
