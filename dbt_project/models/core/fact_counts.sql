-- Grain: one row per source of facts and system: what was staged of it, in its last versions, and
-- what of that is ignored since it lies at as_of or after it.
{% set facts = {
    'orders': 'ordered_at', 'campaign_messages': 'event_at', 'consents': 'occurred_at',
    'audience_pulls': 'pulled_at', 'contact_outcomes': 'occurred_at', 'web_events': 'occurred_at',
    'interactions': 'occurred_at', 'service_cases': 'opened_at', 'survey_responses': 'sent_at',
    'profile_answers': 'answered_at', 'quotes': 'quoted_at', 'referrals': 'referred_at',
    'leads': 'lead_at'
} %}
{% set daily = {'campaign_costs': 'cost_date', 'ad_stats': 'stat_date'} %}

with counted as (
    {% for fact, moment in facts.items() -%}
    select
        '{{ fact }}' as source_name,
        source_system,
        count(*) as facts,
        count(case when {{ moment }} >= {{ as_of_at() }} then 1 end) as after_as_of,
        count(case when {{ moment }} is null then 1 end) as without_time,
        count(person_record_id) as identifiable
    from {{ ref('stg_' ~ fact) }}
    group by source_system
    union all
    {% endfor -%}
    {% for fact, day in daily.items() -%}
    select
        '{{ fact }}' as source_name,
        source_system,
        count(*) as facts,
        count(case when {{ day }} >= {{ as_of_date() }} then 1 end) as after_as_of,
        count(case when {{ day }} is null then 1 end) as without_time,
        cast(null as bigint) as identifiable
    from {{ ref('stg_' ~ fact) }}
    group by source_system
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select
    {{ natural_key(['source_name', 'source_system']) }} as fact_count_key,
    source_name,
    source_system,
    facts,
    after_as_of,
    without_time,
    identifiable
from counted
