-- Grain: one row per campaign (variant ALL) and variant of it that somebody was listed for, of
-- assignments whose conversion_days are over: how many more of them ordered than of those held
-- out. A variant stands beside those held out from it or from no variant in particular.
with assigned as (
    select
        *,
        case when is_converted then 1 else 0 end as converted
    from {{ ref('int_campaign_assignments') }}
    where is_over
),

treated as (
    select
        campaign_id,
        case when grouping(variant) = 1 then 'ALL' else variant end as variant,
        count(*) as customers,
        sum(converted) as conversions
    from assigned
    where is_treated
    group by grouping sets ((campaign_id), (campaign_id, variant))
),

held_out as (
    select
        treated.campaign_id,
        treated.variant,
        count(*) as customers,
        sum(assigned.converted) as conversions
    from treated
    inner join assigned
        on treated.campaign_id = assigned.campaign_id
    where
        not assigned.is_treated
        and (treated.variant = 'ALL' or assigned.variant in (treated.variant, '(none)'))
    group by treated.campaign_id, treated.variant
),

arms as (
    select
        treated.*,
        held_out.customers as other_customers,
        held_out.conversions as other_conversions
    from treated
    left join held_out
        on
            treated.campaign_id = held_out.campaign_id
            and treated.variant = held_out.variant
),

{{ lift_of('arms') }}

select
    campaign_id,
    variant,
    customers as treated,
    cast(coalesce(other_customers, 0) as bigint) as held_out,
    cast(conversions as bigint) as treated_conversions,
    cast(coalesce(other_conversions, 0) as bigint) as holdout_conversions,
    rate as treated_rate,
    other_rate as holdout_rate,
    abs_lift,
    ci_low,
    ci_high,
    rel_lift,
    incremental_conversions,
    is_significant,
    is_reliable
from lifted
