-- Grain: one row per campaign and two of its variants, the first by name first: how many more of
-- those listed for the one ordered in conversion_days than of those listed for the other.
with variants as (
    select
        campaign_id,
        variant,
        count(*) as customers,
        count(case when is_converted then 1 end) as conversions
    from {{ ref('int_campaign_assignments') }}
    where
        is_over
        and is_treated
        and variant <> '(none)'
    group by campaign_id, variant
),

arms as (
    select
        variants.*,
        others.variant as other_variant,
        others.customers as other_customers,
        others.conversions as other_conversions
    from variants
    inner join variants as others
        on
            variants.campaign_id = others.campaign_id
            and variants.variant < others.variant
),

{{ lift_of('arms') }}

select
    campaign_id,
    variant,
    other_variant,
    customers,
    other_customers,
    conversions,
    other_conversions,
    rate,
    other_rate,
    abs_lift,
    ci_low,
    ci_high,
    rel_lift,
    is_significant,
    is_reliable
from lifted
