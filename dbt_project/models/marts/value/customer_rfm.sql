-- Grain: one row per buyer: a customer who ever ordered, orders refunded in full aside.
-- int_value_rfm scores them, for as_of and for every month end alike.
with scores as (
    select * from {{ ref('int_value_rfm') }}
    where value_date = {{ as_of_date() }}
)

select
    customer_id,
    cast(recency_days as integer) as recency_days,
    cast(frequency as bigint) as frequency,
    cast(monetary as decimal(18, 2)) as monetary,
    r_score,
    f_score,
    m_score,
    rfm_score,
    rfm_segment
from scores
