-- Grain: one row per buyer: the first order that was kept, and the channel that brought them,
-- which is paid if it is one of paid media.
with numbered as (
    select
        customer_id,
        order_key,
        order_date,
        contribution,
        row_number() over (partition by customer_id order by ordered_at, order_key) as number
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

acquisitions as (
    select * from {{ ref('int_acquisition') }}
),

paid as (
    {{ paid_channels() }}
)

select
    numbered.customer_id,
    numbered.order_key,
    numbered.order_date,
    numbered.contribution,
    coalesce(acquisitions.acquisition_channel, 'unknown') as acquisition_channel,
    paid.channel is not null as is_paid
from numbered
left join acquisitions
    on numbered.customer_id = acquisitions.customer_id
left join paid
    on acquisitions.acquisition_channel = paid.channel
where numbered.number = 1
