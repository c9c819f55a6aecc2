-- Grain: one row per complete month, quarter or year, dimension and member: who of the buyers of
-- the period before bought again. By segment it is the segment that they had as the period began.
select
    period_kind,
    period_start,
    dimension,
    member,
    cast(start_buyers as bigint) as start_buyers,
    cast(new_buyers as bigint) as new_buyers,
    cast(buyers as bigint) as end_buyers,
    cast(retained_buyers as bigint) as retained_buyers,
    cast(lost_buyers as bigint) as lost_buyers,
    {{ ratio('retained_buyers', 'start_buyers') }} as retention_rate,
    {{ ratio('lost_buyers', 'start_buyers') }} as churn_rate
from {{ ref('int_buyer_measures') }}
where
    dimension <> 'channel'
    and period_kind in ('month', 'quarter', 'year')
