-- Grain: one row per complete period and channel of acquisition, PAID and ALL among them. The
-- lifetime value of a new buyer is the first order's contribution and what the models expect of
-- somebody of whom only the first order is known; without a fit or a contribution there is none.
with newcomer as (
    select ages.discounted_orders * spends.base as clv
    from {{ source('prediction', 'ages') }} as ages
    cross join {{ source('prediction', 'spends') }} as spends
    where
        ages.repeat_purchases = 0
        and ages.age_days = 0
        and spends.repeat_amounts = 0
),

buyers as (
    select
        cast({{ dbt.date_trunc('month', 'firsts.order_date') }} as date) as month,
        firsts.acquisition_channel as channel,
        firsts.is_paid,
        1 as new_buyers,
        cast(0 as decimal(18, 2)) as spend,
        firsts.contribution
    from {{ ref('int_first_orders') }} as firsts
),

paid as (
    {{ paid_channels() }}
),

spending as (
    select
        spent.month,
        spent.channel,
        paid.channel is not null as is_paid,
        0 as new_buyers,
        spent.spend,
        cast(null as decimal(18, 2)) as contribution
    from {{ ref('int_acquisition_spend') }} as spent
    left join paid
        on spent.channel = paid.channel
),

together as (
    select * from buyers
    union all
    select * from spending
),

members as (
    select month, channel, new_buyers, spend, contribution from together
    union all
    select month, 'PAID' as channel, new_buyers, spend, contribution from together
    where is_paid
    union all
    select month, 'ALL' as channel, new_buyers, spend, contribution from together
),

summed as (
    select
        months.period_kind,
        months.period_start,
        members.channel,
        cast(coalesce(sum(members.spend), 0) as decimal(18, 2)) as spend,
        sum(members.new_buyers) as new_buyers,
        sum(members.contribution) as contribution,
        count(members.contribution) as ltv_buyers
    from members
    inner join {{ ref('int_period_months') }} as months
        on members.month = months.month_start
    where not months.is_previous
    group by months.period_kind, months.period_start, members.channel
)

select
    summed.period_kind,
    summed.period_start,
    summed.channel,
    summed.spend,
    summed.new_buyers,
    {{ ratio('summed.spend', 'summed.new_buyers') }} as cac,
    cast(summed.contribution as double) + summed.ltv_buyers * newcomer.clv as ltv_total,
    summed.ltv_buyers,
    {{ ratio('summed.contribution', 'summed.ltv_buyers') }} + newcomer.clv as ltv
from summed
left join newcomer
    on true
