-- Grain: one row per complete month and channel of acquisition, PAID (channels of paid media) and
-- ALL (blended) among them.
select
    period_start as month,
    channel,
    spend,
    cast(new_buyers as bigint) as new_buyers,
    cac,
    ltv,
    {{ ratio('ltv', 'cac') }} as ltv_cac
from {{ ref('int_acquisition_periods') }}
where period_kind = 'month'
