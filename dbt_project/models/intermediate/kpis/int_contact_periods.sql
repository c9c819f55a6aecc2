-- Grain: one row per complete period and topic, ALL among them: customers who contacted us, and
-- those who did again about the same. NULL while the time to do so is not over.
with contacts as (
    select
        months.period_kind,
        months.period_start,
        {{ dbt.dateadd('day', var('repeat_contact_days'), 'months.period_end') }}
        <= {{ as_of_date() }} as is_over,
        repeats.*
    from {{ ref('int_repeat_contacts') }} as repeats
    inner join {{ ref('int_period_months') }} as months
        on repeats.month_start = months.month_start
    where not months.is_previous
),

members as (
    select period_kind, period_start, is_over, topic, customer_id, is_repeated from contacts
    union all
    select period_kind, period_start, is_over, 'ALL' as topic, customer_id, is_repeated
    from contacts
)

select
    period_kind,
    period_start,
    topic,
    count(distinct case when is_over then customer_id end) as contacting_customers,
    count(distinct case when is_over and is_repeated then customer_id end) as repeating_customers
from members
where is_over
group by period_kind, period_start, topic
