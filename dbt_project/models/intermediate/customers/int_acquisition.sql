-- Grain: one row per customer whose way in is known: who was referred came by referral; a lead by
-- its source; else a buyer by the last contact of the acquisition_days before the first order that
-- says where from (a visit that nothing brought, and a case, do not), else by that order's channel.
with orders as (
    select
        customer_id,
        channel,
        ordered_at,
        row_number() over (partition by customer_id order by ordered_at, order_key) as number
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

firsts as (
    select * from orders
    where number = 1
),

-- What came after the first order brought nobody.
referrals as (
    select distinct referrals.referred_customer_id as customer_id
    from {{ ref('fct_referrals') }} as referrals
    left join firsts
        on referrals.referred_customer_id = firsts.customer_id
    where
        referrals.referred_customer_id is not null
        and (firsts.ordered_at is null or referrals.referred_at <= firsts.ordered_at)
),

leads as (
    select
        leads.customer_id,
        leads.lead_source,
        row_number() over (
            partition by leads.customer_id order by leads.lead_at nulls last, leads.lead_key
        ) as number
    from {{ ref('fct_leads') }} as leads
    left join firsts
        on leads.customer_id = firsts.customer_id
    where
        leads.lead_source is not null
        and (firsts.ordered_at is null or coalesce(leads.lead_at <= firsts.ordered_at, true))
),

touches as (
    select
        touches.customer_id,
        touches.channel,
        row_number() over (
            partition by touches.customer_id
            order by touches.touched_at desc, touches.touch_key desc
        ) as recency
    from {{ ref('fct_touchpoints') }} as touches
    inner join firsts
        on touches.customer_id = firsts.customer_id
    where
        touches.channel not in ('web', 'service')
        and touches.touched_at <= firsts.ordered_at
        and touches.touched_at
        >= {{ dbt.dateadd('day', -var('acquisition_days'), 'firsts.ordered_at') }}
),

joined as (
    select
        customers.customer_id,
        case
            when referrals.customer_id is not null then 'referral'
            else coalesce(leads.lead_source, touches.channel, firsts.channel)
        end as acquisition_channel,
        firsts.ordered_at as first_ordered_at
    from {{ ref('dim_customers') }} as customers
    left join referrals
        on customers.customer_id = referrals.customer_id
    left join leads
        on
            customers.customer_id = leads.customer_id
            and leads.number = 1
    left join touches
        on
            customers.customer_id = touches.customer_id
            and touches.recency = 1
    left join firsts
        on customers.customer_id = firsts.customer_id
)

select * from joined
where acquisition_channel is not null
