-- Grain: one row per complete period and channel of acquisition, PAID among them; the sum of all
-- has the dimension ALL.
select
    period_kind,
    period_start,
    case when channel = 'ALL' then 'ALL' else 'acquisition_channel' end as dimension,
    channel as member,
    spend as acquisition_spend,
    new_buyers as acquired_buyers,
    cac,
    ltv,
    ltv_total,
    ltv_buyers
from {{ ref('int_acquisition_periods') }}
