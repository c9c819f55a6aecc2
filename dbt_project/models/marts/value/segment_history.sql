-- Grain: one row per buyer and month end of the last history_months complete ones: the segments
-- that they had on that day, by the same models as those of as_of.
with dates as (
    select * from {{ ref('int_value_dates') }}
    where month_end is not null
),

scores as (
    select * from {{ ref('int_value_rfm') }}
),

classes as (
    select * from {{ ref('int_value_classes') }}
)

select
    scores.customer_id,
    dates.month_end,
    scores.rfm_segment,
    classes.abc_class,
    classes.value_tier
from scores
inner join dates
    on scores.value_date = dates.value_date
inner join classes
    on
        scores.value_date = classes.value_date
        and scores.customer_id = classes.customer_id
