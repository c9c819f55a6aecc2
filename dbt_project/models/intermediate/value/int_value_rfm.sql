-- Grain: one row per value date and buyer: a customer who ever ordered until then.
-- Scores are 1 + floor(5 x (rank - 1) / n) over the buyers of the window, rank ascending from
-- worst to best with ties sharing the lowest: equal values get equal scores.
with buyers as (
    select
        value_date,
        customer_id,
        {{ dbt.datediff('last_order_date', 'value_date', 'day') }} as recency_days,
        frequency,
        monetary
    from {{ ref('int_value_orders') }}
    where orders > 0
),

ranked as (
    select
        value_date,
        customer_id,
        rank() over (partition by value_date order by recency_days desc) as r_rank,
        rank() over (partition by value_date order by frequency) as f_rank,
        rank() over (partition by value_date order by monetary) as m_rank,
        count(*) over (partition by value_date) as n
    from buyers
    where frequency > 0
),

scored as (
    select
        value_date,
        customer_id,
        cast(1 + floor(5.0 * (r_rank - 1) / n) as integer) as r_score,
        cast(1 + floor(5.0 * (f_rank - 1) / n) as integer) as f_score,
        cast(1 + floor(5.0 * (m_rank - 1) / n) as integer) as m_score
    from ranked
),

cells as (
    select
        *,
        concat(cast(r_score as varchar), cast(f_score as varchar), cast(m_score as varchar))
            as rfm_score
    from scored
)

select
    buyers.value_date,
    buyers.customer_id,
    buyers.recency_days,
    buyers.frequency,
    buyers.monetary,
    cells.r_score,
    cells.f_score,
    cells.m_score,
    cells.rfm_score,
    -- A buyer without an order in the window is lost.
    case when cells.customer_id is null then 'Lost' else segments.segment end as rfm_segment
from buyers
left join cells
    on
        buyers.value_date = cells.value_date
        and buyers.customer_id = cells.customer_id
left join {{ ref('rfm_segments') }} as segments
    on cells.rfm_score = segments.rfm_score
