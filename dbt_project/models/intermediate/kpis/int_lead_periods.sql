-- Grain: one row per complete period with a lead: how far its leads came by as_of. The conversion
-- is NULL while the time that it allows is not over for all leads of the period.
with leads as (
    select
        months.period_kind,
        months.period_start,
        {{ dbt.dateadd('day', var('lead_conversion_days'), 'months.period_end') }}
        <= {{ as_of_date() }} as is_over,
        steps.*
    from {{ ref('int_lead_steps') }} as steps
    inner join {{ ref('int_period_months') }} as months
        on steps.month_start = months.month_start
    where not months.is_previous
)

select
    period_kind,
    period_start,
    count(*) as leads,
    count(case when is_quoted then 1 end) as quoted_leads,
    count(case when is_won then 1 end) as won_leads,
    count(case when is_ordered then 1 end) as ordered_leads,
    case
        when max(case when is_over then 1 else 0 end) = 1
            then count(case when not was_buyer then 1 end)
    end as convertible_leads,
    case
        when max(case when is_over then 1 else 0 end) = 1
            then count(case when not was_buyer and is_ordered_soon then 1 end)
    end as converted_leads,
    {{ percentile(0.5, 'days_to_quote') }} as days_to_quote_median,
    {{ percentile(0.9, 'days_to_quote') }} as days_to_quote_p90,
    count(response_hours) as answered_leads,
    {{ percentile(0.5, 'response_hours') }} as response_hours_median,
    {{ percentile(0.9, 'response_hours') }} as response_hours_p90
from leads
group by period_kind, period_start
