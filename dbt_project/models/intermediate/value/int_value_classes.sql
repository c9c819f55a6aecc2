-- Grain: one row per value date and buyer: ABC class and value tier on that date, each from the
-- best to the worst with customer_id breaking ties.
with buyers as (
    select
        *,
        potential - contribution as growth,
        coalesce(contribution < 0 and potential < 0, false) as is_below_zero
    from {{ ref('int_value_contributions') }}
    where orders > 0
),

totals as (
    select
        value_date,
        count(*) as buyers,
        sum(case when contribution > 0 then contribution else 0 end) as base
    from buyers
    group by value_date
),

ranked as (
    select
        buyers.*,
        totals.buyers,
        totals.base,
        coalesce(sum(buyers.contribution) over (
            partition by buyers.value_date
            order by buyers.contribution desc, buyers.customer_id asc
            rows between unbounded preceding and 1 preceding
        ), 0) as contribution_before,
        row_number() over (
            partition by buyers.value_date
            order by buyers.{{ var('mvc_basis') }} desc, buyers.customer_id asc
        ) as value_place
    from buyers
    inner join totals
        on buyers.value_date = totals.value_date
),

topped as (
    select
        *,
        case
            when is_below_zero then 'BZ'
            when {{ is_in_top('value_place', 'buyers', var('mvc_share')) }} then 'MVC'
        end as top_tier
    from ranked
),

-- The most growable are sought among the rest.
growing as (
    select
        *,
        count(*) over (partition by value_date, top_tier) as peers,
        row_number() over (
            partition by value_date, top_tier order by growth desc nulls last, customer_id asc
        ) as growth_place
    from topped
)

select
    value_date,
    customer_id,
    case
        when contribution <= 0 then 'C'
        when contribution_before < {{ var('abc_a_share') }} * base then 'A'
        when contribution_before < {{ var('abc_b_share') }} * base then 'B'
        else 'C'
    end as abc_class,
    case
        when contribution > 0 then {{ ratio('contribution_before', 'base') }}
    end as share_before,
    case
        when top_tier is not null then top_tier
        when
            growth > 0
            and {{ is_in_top('growth_place', 'peers', var('mgc_share')) }}
            then 'MGC'
        else 'Other'
    end as value_tier,
    contribution < 0 and not is_below_zero as bz_actual_only
from growing
