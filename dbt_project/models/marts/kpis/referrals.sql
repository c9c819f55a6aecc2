-- Grain: one row per complete month, quarter or year, and for the quarter and the year up to the
-- last complete month: who was referred then for the first time, and what they have bought since.
with referrals as (
    select
        referral_key,
        customer_id,
        referred_customer_id,
        referred_at,
        cast({{ dbt.date_trunc('month', 'referral_date') }} as date) as month_start,
        row_number() over (
            partition by referred_customer_id order by referred_at, referral_key
        ) as number
    from {{ ref('fct_referrals') }}
    -- Nobody refers himself.
    where coalesce(customer_id <> referred_customer_id, true)
),

bought as (
    select
        referrals.referral_key,
        sum(orders.net_revenue) as net_revenue
    from referrals
    inner join {{ ref('fct_orders') }} as orders
        on
            referrals.referred_customer_id = orders.customer_id
            and referrals.referred_at <= orders.ordered_at
    where
        referrals.number = 1
        and not orders.is_fully_refunded
    group by referrals.referral_key
),

counted as (
    select
        months.period_kind,
        months.period_start,
        count(*) as referrals,
        count(distinct referrals.customer_id) as referrers,
        count(case when referrals.number = 1 then referrals.referred_customer_id end)
            as referred_leads,
        count(bought.referral_key) as referred_buyers,
        sum(bought.net_revenue) as net_revenue
    from referrals
    inner join {{ ref('int_period_months') }} as months
        on referrals.month_start = months.month_start
    left join bought
        on referrals.referral_key = bought.referral_key
    where not months.is_previous
    group by months.period_kind, months.period_start
)

select
    periods.period_kind,
    periods.period_start,
    cast(coalesce(counted.referrals, 0) as bigint) as referrals,
    cast(coalesce(counted.referrers, 0) as bigint) as referrers,
    cast(coalesce(counted.referred_leads, 0) as bigint) as referred_leads,
    cast(coalesce(counted.referred_buyers, 0) as bigint) as referred_buyers,
    cast(coalesce(counted.net_revenue, 0) as decimal(18, 2)) as net_revenue,
    {{ ratio('counted.referred_buyers', 'counted.referred_leads') }} as referral_conversion,
    {{ ratio('counted.referrals', 'counted.referrers') }} as referrals_per_referrer
from {{ ref('int_periods') }} as periods
left join counted
    on
        periods.period_kind = counted.period_kind
        and periods.period_start = counted.period_start
