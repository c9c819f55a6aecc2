-- Grain: one row per order, model and contact that the model gives something for it. Of each order
-- a model's credits sum to 1, and what they are worth to the order's: the last contact that has a
-- share takes what rounding leaves. An order without a contact before it has no row.
{% set weights = {
    'first_touch': ['1', 'place = 1'],
    'last_touch': ['1', 'place = touches'],
    'linear': ['1', none],
    'position_based': ['position_weight', none],
    'time_decay': ['decayed', none],
    'markov': ['removal_weight', none]
} -%}
with paths as (
    select
        paths.*,
        -- Forty percent for the first and the last, if there are any between.
        case
            when paths.touches < 3 then 1
            when paths.place in (1, paths.touches) then {{ var('position_share') }}
            else (1 - 2 * {{ var('position_share') }}) / cast(paths.touches - 2 as double)
        end as position_weight,
        power(
            2.0,
            -cast(paths.seconds_before as double) / {{ var('decay_half_life_days') * 86400 }}
        ) as decayed,
        -- A channel's share is even over its contacts.
        effects.removal_effect
        / count(*) over (partition by paths.order_key, effects.state) as removal_weight
    from {{ ref('int_attribution_paths') }} as paths
    inner join {{ ref('channel_removal_effects') }} as effects
        on paths.channel = effects.channel
),

weighed as (
    {% for model, (weight, only) in weights.items() -%}
    select
        *,
        '{{ model }}' as model,
        cast({{ weight }} as double) as weight
    from paths
    {%- if only %}
    where {{ only }}
    {%- endif %}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

shared as (
    select
        *,
        cast(weight / sum(weight) over credited as decimal(18, 8)) as share,
        place = max(place) over credited as is_last
    from weighed
    window credited as (partition by order_key, model)
),

credited as (
    select
        *,
        {{ last_takes_the_rest('share', '1', 'decimal(18, 8)') }} as credit
    from shared
),

worth as (
    select
        *,
        {{ converted('net_revenue', 'credit') }} as revenue_share,
        {{ converted('contribution', 'credit') }} as contribution_share
    from credited
)

select
    order_key,
    model,
    touch_key,
    channel,
    campaign_id,
    campaign_key,
    cast(place as integer) as place,
    credit,
    {{ last_takes_the_rest('revenue_share', 'net_revenue', 'decimal(18, 2)') }} as revenue_credit,
    {{ last_takes_the_rest('contribution_share', 'contribution', 'decimal(18, 2)') }}
        as contribution_credit
from worth
