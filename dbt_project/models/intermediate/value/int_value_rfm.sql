-- Grain: one row per value date and buyer: a customer who ever ordered until then.
-- Scores are 1 + floor(5 x (rank - 1) / n) over the buyers of the window, rank ascending from
-- worst to best with ties sharing the lowest: equal values get equal scores.
-- A buyer without an order in the window is lost, and ranks with nobody.
with buyers as (
    select
        value_date,
        customer_id,
        {{ dbt.datediff('last_order_date', 'value_date', 'day') }} as recency_days,
        frequency,
        monetary,
        frequency > 0 as is_scored
    from {{ ref('int_value_orders') }}
    where orders > 0
),

ranked as (
    select
        *,
        rank() over (partition by value_date, is_scored order by recency_days desc) as r_rank,
        rank() over (partition by value_date, is_scored order by frequency) as f_rank,
        rank() over (partition by value_date, is_scored order by monetary) as m_rank,
        count(*) over (partition by value_date, is_scored) as n
    from buyers
),

scored as (
    select
        value_date,
        customer_id,
        recency_days,
        frequency,
        monetary,
        is_scored,
        {% for score in ['r', 'f', 'm'] -%}
        case
            when is_scored then cast(1 + floor(5.0 * ({{ score }}_rank - 1) / n) as integer)
        end as {{ score }}_score,
        {% endfor -%}
        n
    from ranked
),

cells as (
    select
        *,
        case
            when is_scored
                then concat(
                    cast(r_score as string), cast(f_score as string), cast(m_score as string)
                )
        end as rfm_score
    from scored
)

select
    cells.value_date,
    cells.customer_id,
    cells.recency_days,
    cells.frequency,
    cells.monetary,
    cells.r_score,
    cells.f_score,
    cells.m_score,
    cells.rfm_score,
    case when cells.is_scored then segments.segment else 'Lost' end as rfm_segment
from cells
left join {{ ref('rfm_segments') }} as segments
    on cells.rfm_score = segments.rfm_score
