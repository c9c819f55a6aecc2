-- Grain: one row per complete month, quarter or year, and for the quarter and the year up to the
-- last complete month: its leads and its quotes, and how far they came by as_of.
with periods as (
    select
        *,
        {{ dbt.dateadd('day', var('lead_conversion_days'), 'period_end') }} <= {{ as_of_date() }}
            as is_over
    from {{ ref('int_periods') }}
),

leads as (
    select * from {{ ref('int_lead_periods') }}
),

quotes as (
    select * from {{ ref('int_quote_periods') }}
)

select
    periods.period_kind,
    periods.period_start,
    {% for name in ['leads', 'quoted_leads', 'won_leads', 'ordered_leads'] -%}
    cast(coalesce(leads.{{ name }}, 0) as bigint) as {{ name }},
    {% endfor -%}
    {% for name in ['convertible_leads', 'converted_leads'] -%}
    cast(case when periods.is_over then coalesce(leads.{{ name }}, 0) end as bigint)
        as {{ name }},
    {% endfor -%}
    {% for name in [
        'quotes', 'won_quotes', 'lost_quotes', 'decided_quotes', 'open_quotes', 'ordered_quotes'
    ] -%}
    cast(coalesce(quotes.{{ name }}, 0) as bigint) as {{ name }},
    {% endfor -%}
    cast(coalesce(quotes.open_value, 0) as decimal(18, 2)) as open_value,
    {{ ratio('leads.quoted_leads', 'leads.leads') }} as lead_to_quote_rate,
    {{ ratio('leads.won_leads', 'leads.quoted_leads') }} as quote_to_won_rate,
    {{ ratio('quotes.ordered_quotes', 'quotes.won_quotes') }} as won_to_order_rate,
    {{ ratio('quotes.won_quotes', 'quotes.decided_quotes') }} as win_rate,
    {{ ratio('leads.converted_leads', 'leads.convertible_leads') }} as lead_conversion,
    {% for name in ['days_to_quote_median', 'days_to_quote_p90'] -%}
    cast(leads.{{ name }} as double) as {{ name }},
    {% endfor -%}
    {% for name in [
        'days_to_win_median', 'days_to_win_p90', 'days_to_order_median', 'days_to_order_p90'
    ] -%}
    cast(quotes.{{ name }} as double) as {{ name }},
    {% endfor -%}
    cast(coalesce(leads.answered_leads, 0) as bigint) as answered_leads,
    cast(leads.response_hours_median as double) as response_hours_median,
    cast(leads.response_hours_p90 as double) as response_hours_p90
from periods
left join leads
    on
        periods.period_kind = leads.period_kind
        and periods.period_start = leads.period_start
left join quotes
    on
        periods.period_kind = quotes.period_kind
        and periods.period_start = quotes.period_start
