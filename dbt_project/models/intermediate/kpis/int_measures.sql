-- Grain: one row per measure, period, dimension and member: what the metrics of the registry are
-- made of. A measure that nothing is known of has no row.
with measures as (
    select * from {{ ref('int_measures_of_sales') }}
    union all
    select * from {{ ref('int_measures_of_people') }}
    union all
    select * from {{ ref('int_measures_of_service') }}
)

select
    period_kind,
    period_start,
    dimension,
    member,
    measure,
    amount
from measures
where amount is not null
