-- Grain: one row per metric of the registry, period, dimension and member. Numerator and
-- denominator are the measures that the registry names; without a denominator the value is the
-- numerator.
with metrics as (
    select * from {{ ref('metrics') }}
),

measures as (
    select * from {{ ref('int_measures') }}
)

select
    metrics.metric,
    numerators.period_kind,
    numerators.period_start,
    numerators.dimension,
    numerators.member,
    case
        when metrics.denominator is null then numerators.amount
        else {{ ratio('numerators.amount', 'denominators.amount') }}
    end as value,
    numerators.amount as numerator,
    denominators.amount as denominator
from metrics
inner join measures as numerators
    on metrics.numerator = numerators.measure
left join measures as denominators
    on
        metrics.denominator = denominators.measure
        and numerators.period_kind = denominators.period_kind
        and numerators.period_start = denominators.period_start
        and numerators.dimension = denominators.dimension
        and numerators.member = denominators.member
