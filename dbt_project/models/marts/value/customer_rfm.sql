-- Grain: one row per buyer: a customer who ever ordered, orders refunded in full aside.
-- Scores are 1 + floor(5 x (rank - 1) / n) over the buyers of the window, rank ascending from
-- worst to best with ties sharing the lowest: equal values get equal scores.
with orders as (
    select
        customer_id,
        order_date,
        net_revenue,
        order_date >= {{ dbt.dateadd('day', '-' ~ var('rfm_window_days'), as_of_date()) }}
            as is_in_window
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

buyers as (
    select
        customer_id,
        {{ dbt.datediff('max(order_date)', as_of_date(), 'day') }} as recency_days,
        count(case when is_in_window then 1 end) as frequency,
        -- An order without a rate counts and brings nothing that is known.
        coalesce(sum(case when is_in_window then net_revenue end), 0) as monetary
    from orders
    group by customer_id
),

ranked as (
    select
        customer_id,
        rank() over (order by recency_days desc) as r_rank,
        rank() over (order by frequency) as f_rank,
        rank() over (order by monetary) as m_rank,
        count(*) over () as n
    from buyers
    where frequency > 0
),

scored as (
    select
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
    buyers.customer_id,
    cast(buyers.recency_days as integer) as recency_days,
    cast(buyers.frequency as bigint) as frequency,
    cast(buyers.monetary as decimal(18, 2)) as monetary,
    cells.r_score,
    cells.f_score,
    cells.m_score,
    cells.rfm_score,
    -- A buyer without an order in the window is lost.
    case when cells.customer_id is null then 'Lost' else segments.segment end as rfm_segment
from buyers
left join cells
    on buyers.customer_id = cells.customer_id
left join {{ ref('rfm_segments') }} as segments
    on cells.rfm_score = segments.rfm_score
