-- Grain: one row per thing that happened between a customer and the company: orders, refunds,
-- contacts in and out, cases settled, quotes made and decided, consents, surveys answered, answers,
-- referrals and leads. What has no time is not in it.
{% set parts = [
    {'from': 'fct_orders', 'kind': 'order', 'key': 'order_key', 'at': 'ordered_at',
        'direction': "'in'", 'channel': 'channel', 'subject': 'campaign_id', 'amount': 'net_revenue',
        'outcome': "case when is_fully_refunded then 'refunded' end"},
    {'from': 'fct_refunds', 'kind': 'refund', 'key': 'refund_key', 'at': 'refunded_at',
        'channel': 'channel', 'amount': 'amount'},
    {'from': 'fct_service_cases', 'kind': 'case_resolved', 'key': 'case_key', 'at': 'resolved_at',
        'direction': "'out'", 'subject': 'topic'},
    {'from': 'fct_quotes', 'kind': 'quote', 'key': 'quote_key', 'at': 'quoted_at',
        'direction': "'out'", 'amount': 'amount'},
    {'from': 'fct_quotes', 'kind': 'quote_decided', 'key': 'quote_key', 'at': 'decided_at',
        'direction': "'in'", 'outcome': 'status', 'amount': 'amount'},
    {'from': 'fct_consents', 'kind': 'consent', 'key': 'consent_key', 'at': 'occurred_at',
        'direction': "'in'", 'channel': 'channel', 'subject': 'purpose', 'outcome': 'status'},
    {'from': 'fct_survey_responses', 'kind': 'survey', 'key': 'response_key', 'at': 'answered_at',
        'direction': "'in'", 'subject': 'survey'},
    {'from': 'fct_profile_answers', 'kind': 'answer', 'key': 'answer_key', 'at': 'answered_at',
        'direction': "'in'", 'subject': 'question', 'outcome': 'need'},
    {'from': 'fct_referrals', 'kind': 'referral', 'key': 'referral_key', 'at': 'referred_at',
        'direction': "'in'", 'channel': 'channel'},
    {'from': 'fct_leads', 'kind': 'lead', 'key': 'lead_key', 'at': 'lead_at',
        'direction': "'in'", 'channel': 'lead_source', 'subject': 'interest', 'outcome': 'status'}
] -%}
with facts as (
    {% for part in parts -%}
    select
        '{{ part["kind"] }}|' || {{ part['key'] }} as event_key,
        customer_id,
        {{ part['at'] }} as happened_at,
        '{{ part["kind"] }}' as kind,
        {% for name in ['direction', 'channel', 'subject', 'outcome'] -%}
        cast({{ part.get(name, 'null') }} as string) as {{ name }},
        {% endfor -%}
        cast({{ part.get('amount', 'null') }} as decimal(18, 2)) as amount,
        {{ part['key'] }} as fact_key
    from {{ ref(part['from']) }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

topics as (
    select interaction_key as fact_key, topic from {{ ref('fct_interactions') }}
    union all
    select case_key as fact_key, topic from {{ ref('fct_service_cases') }}
),

touches as (
    select
        touches.touch_key as event_key,
        touches.customer_id,
        touches.touched_at as happened_at,
        touches.kind,
        touches.direction,
        touches.channel,
        coalesce(topics.topic, touches.campaign_id) as subject,
        case
            when touches.is_answered then 'answered'
            when not touches.is_answered then 'not answered'
        end as outcome,
        cast(null as decimal(18, 2)) as amount,
        touches.fact_key
    from {{ ref('fct_touchpoints') }} as touches
    left join topics
        on
            case
                when touches.kind in ('call', 'visit', 'fair', 'chat', 'case')
                    then touches.fact_key
            end = topics.fact_key
),

together as (
    select * from facts
    union all
    select * from touches
)

select
    event_key,
    customer_id,
    happened_at,
    {{ business_date('happened_at') }} as event_date,
    kind,
    direction,
    channel,
    subject,
    outcome,
    amount,
    fact_key
from together
where
    customer_id is not null
    and happened_at is not null
