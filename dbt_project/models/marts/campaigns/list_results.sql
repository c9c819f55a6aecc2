-- Grain: one row per pull, with what came of its list: who of those listed, and of those held out
-- of it, ordered in the list_response_days from the pull on. A customer once; who is in both arms
-- after a merge is in neither.
with placed as (
    select
        pull_id,
        bucket,
        customer_id,
        min(pulled_at) as pulled_at
    from {{ ref('fct_audience_pulls') }}
    where
        customer_id is not null
        and not is_in_both_arms
        and bucket in ('list', 'holdout')
    group by pull_id, bucket, customer_id
),

buyers as (
    select
        placed.pull_id,
        placed.bucket,
        placed.customer_id,
        sum(orders.net_revenue) as net_revenue
    from placed
    inner join {{ ref('fct_orders') }} as orders
        on
            placed.customer_id = orders.customer_id
            and placed.pulled_at <= orders.ordered_at
            and orders.ordered_at
            < {{ dbt.dateadd('day', var('list_response_days'), 'placed.pulled_at') }}
    where not orders.is_fully_refunded
    group by placed.pull_id, placed.bucket, placed.customer_id
),

brought as (
    select
        pull_id,
        sum(case when bucket = 'list' then 1 else 0 end) as listed_buyers,
        sum(case when bucket = 'list' then net_revenue else 0 end) as listed_net_revenue,
        sum(case when bucket = 'holdout' then 1 else 0 end) as held_out_buyers,
        sum(case when bucket = 'holdout' then net_revenue else 0 end) as held_out_net_revenue
    from buyers
    group by pull_id
),

pulls as (
    select
        pull_id,
        min(audience) as audience,
        min(channel) as channel,
        min(purpose) as purpose,
        min(pulled_at) as pulled_at,
        sum(case when bucket = 'excluded' then 1 else 0 end) as excluded
    from {{ ref('fct_audience_pulls') }}
    group by pull_id
),

arms as (
    select
        pull_id,
        sum(case when bucket = 'list' then 1 else 0 end) as listed,
        sum(case when bucket = 'holdout' then 1 else 0 end) as held_out
    from placed
    group by pull_id
)

select
    pulls.pull_id,
    pulls.audience,
    pulls.channel,
    pulls.purpose,
    pulls.pulled_at,
    {{ dbt.dateadd('day', var('list_response_days'), 'pulls.pulled_at') }} <= {{ as_of_at() }}
        as is_over,
    cast({{ var('list_response_days') }} as bigint) as response_days,
    cast(coalesce(arms.listed, 0) as bigint) as listed,
    cast(coalesce(brought.listed_buyers, 0) as bigint) as listed_buyers,
    cast(coalesce(brought.listed_net_revenue, 0) as decimal(18, 2)) as listed_net_revenue,
    cast(coalesce(arms.held_out, 0) as bigint) as held_out,
    cast(coalesce(brought.held_out_buyers, 0) as bigint) as held_out_buyers,
    cast(coalesce(brought.held_out_net_revenue, 0) as decimal(18, 2)) as held_out_net_revenue,
    cast(pulls.excluded as bigint) as excluded
from pulls
left join arms
    on pulls.pull_id = arms.pull_id
left join brought
    on pulls.pull_id = brought.pull_id
