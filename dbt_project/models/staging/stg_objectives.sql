-- Grain: one row per objective of the company.
with latest as (
    {{ latest('objectives', ['objective_id']) }}
)

select
    source_system,
    objective_id,
    metric,
    nullif(trim(segment), '') as segment,
    period_start,
    period_end,
    baseline,
    target_low,
    target_high,
    direction,
    change_kind
from latest
