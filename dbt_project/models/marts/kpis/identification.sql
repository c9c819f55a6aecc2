-- Grain: one row per complete period, kind of fact, system and channel, with ALL over systems and
-- over channels: which share of the facts is somebody's.
with facts as (
    select
        months.period_kind,
        months.period_start,
        counted.*
    from {{ ref('int_identification') }} as counted
    inner join {{ ref('int_period_months') }} as months
        on counted.month_start = months.month_start
    where not months.is_previous
),

members as (
    select period_kind, period_start, fact, source_system, channel, facts, identified_facts
    from facts
    union all
    select period_kind, period_start, fact, source_system, 'ALL' as channel, facts, identified_facts
    from facts
    union all
    select period_kind, period_start, fact, 'ALL' as source_system, channel, facts, identified_facts
    from facts
    union all
    select
        period_kind,
        period_start,
        fact,
        'ALL' as source_system,
        'ALL' as channel,
        facts,
        identified_facts
    from facts
)

select
    period_kind,
    period_start,
    fact,
    source_system,
    channel,
    cast(sum(facts) as bigint) as facts,
    cast(sum(identified_facts) as bigint) as identified_facts,
    {{ ratio('sum(identified_facts)', 'sum(facts)') }} as identification_rate
from members
group by period_kind, period_start, fact, source_system, channel
