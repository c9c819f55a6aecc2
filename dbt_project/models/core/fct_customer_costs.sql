-- Grain: one row per customer, day and kind of cost: what a customer costs beside the goods,
-- whether or not they buy. Kinds contact and media are the contact cost, case and return the cost
-- to serve. Costs of nobody known have a NULL customer, so that the sums are whole.
with contacts as (
    select
        customer_id,
        touch_date as cost_date,
        'contact' as kind,
        cost as amount,
        cast(0 as double) as hours
    from {{ ref('fct_touchpoints') }}
    where cost <> 0
),

media as (
    select
        customer_id,
        cost_date,
        'media' as kind,
        amount,
        cast(0 as double) as hours
    from {{ ref('int_media_shares') }}
    where amount <> 0
),

cases as (
    select
        cases.customer_id,
        cases.opened_date as cost_date,
        'case' as kind,
        serving.cost as amount,
        serving.hours
    from {{ ref('fct_service_cases') }} as cases
    inner join {{ ref('cost_to_serve') }} as serving
        on cases.kind = serving.item
),

-- A return is borne by whose order it was.
returns as (
    select
        coalesce(orders.customer_id, refunds.customer_id) as customer_id,
        refunds.refund_date as cost_date,
        'return' as kind,
        serving.cost as amount,
        serving.hours
    from {{ ref('fct_refunds') }} as refunds
    inner join {{ ref('cost_to_serve') }} as serving
        on serving.item = 'return'
    left join {{ ref('fct_orders') }} as orders
        on refunds.order_key = orders.order_key
),

together as (
    select * from contacts
    union all
    select * from media
    union all
    select * from cases
    union all
    select * from returns
)

select
    customer_id,
    cost_date,
    kind,
    count(*) as costs,
    cast(sum(cast(hours as decimal(18, 6))) as double) as hours,
    cast(sum(amount) as decimal(18, 8)) as amount
from together
group by customer_id, cost_date, kind
