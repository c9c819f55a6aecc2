-- Grain: one row per channel of contacts: the share of the chance of an order that is lost if all
-- steps to it end at nothing, in a Markov chain of first order over int_channel_steps. Channels
-- beyond the markov_channels with most contacts are one state. For each state it is the chance to
-- come by it, times that to order from there, over that to order at all; all three follow from the
-- inverse of I - Q, whose cells are the visits to expect of one state by who is in another.
-- Fractions are added in one order: in any other the last digit would be another.
{% set all_rows = 'rows between unbounded preceding and unbounded following' -%}
{% set most = var('markov_channels') %}
with steps as (
    select * from {{ ref('int_channel_steps') }}
),

channels as (
    select
        from_channel as channel,
        sum(steps) as touches,
        sum(case when to_channel = '(conversion)' then steps else 0 end) as conversions
    from steps
    where from_channel <> '(start)'
    group by from_channel
),

numbered as (
    select
        channels.*,
        coalesce(starts.steps, 0) as starts,
        row_number() over (order by channels.touches desc, channels.channel asc) as place
    from channels
    left join steps as starts
        on
            channels.channel = starts.to_channel
            and starts.from_channel = '(start)'
),

placed as (
    select *, {{ at_most('place', most) }} as state
    from numbered
),

states as (
    select
        state,
        cast(sum(touches) as double) as touches,
        {{ ratio('sum(conversions)', 'sum(touches)') }} as conversion_rate,
        {{ ratio('sum(starts)', 'sum(sum(starts)) over ()') }} as start_share
    from placed
    group by state
),

moves as (
    select
        befores.state as from_state,
        afters.state as to_state,
        cast(sum(steps.steps) as double) as steps
    from steps
    inner join placed as befores
        on steps.from_channel = befores.channel
    inner join placed as afters
        on steps.to_channel = afters.channel
    group by befores.state, afters.state
),

swept_0 as (
    select
        befores.state as from_state,
        afters.state as to_state,
        befores.start_share,
        afters.conversion_rate,
        case when befores.state = afters.state then 1 else 0 end
        - coalesce(moves.steps, 0) / befores.touches as cell
    from states as befores
    cross join states as afters
    left join moves
        on
            befores.state = moves.from_state
            and afters.state = moves.to_state
),

{% for place in range(1, most + 1) -%}
swept_{{ place }} as (
    {{ swept('swept_' ~ (place - 1), place) }}
),

{% endfor -%}
visits as (
    select
        from_state,
        to_state,
        start_share,
        cell as own_visits,
        sum(cell * conversion_rate) over (
            partition by from_state order by to_state {{ all_rows }}
        ) as chance_from,
        sum(cell * start_share) over (
            partition by to_state order by from_state {{ all_rows }}
        ) as visits
    from swept_{{ most }}
),

effects as (
    select
        from_state as state,
        visits * chance_from / own_visits / nullif(
            sum(start_share * chance_from) over (order by from_state {{ all_rows }}), 0
        ) as removal_effect
    from visits
    where from_state = to_state
)

select
    placed.channel,
    cast(placed.state as integer) as state,
    cast(placed.touches as bigint) as touches,
    {{ at_most('effects.removal_effect', 1) }} as removal_effect
from placed
inner join effects
    on placed.state = effects.state
