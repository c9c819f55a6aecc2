-- Grain: one row per complete period in which somebody was asked about the relationship: how many
-- were asked, how many gave a score, and the sum of the scores, of 5.
with surveys as (
    select
        coalesce(sent_date, {{ business_date('answered_at') }}) as survey_date,
        cast(score_of_5 as decimal(18, 9)) as score_of_5
    from {{ ref('fct_survey_responses') }}
    where kind = 'relationship'
)

select
    months.period_kind,
    months.period_start,
    count(*) as relationship_surveys,
    count(surveys.score_of_5) as relationship_scored,
    sum(surveys.score_of_5) as relationship_score
from surveys
inner join {{ ref('int_period_months') }} as months
    on cast({{ dbt.date_trunc('month', 'surveys.survey_date') }} as date) = months.month_start
where not months.is_previous
group by months.period_kind, months.period_start
