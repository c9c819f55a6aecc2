-- Grain: one row per completed order before as_of that no cancellation names.
{{ config(materialized='view') }}

with amounts as (
    select * from {{ ref('stg_order_amounts') }}
),

cancelled as (
    select distinct source_system, refers_to
    from amounts
    where kind = 'cancellation'
)

select orders.*
from amounts as orders
left join cancelled
    on
        orders.source_system = cancelled.source_system
        and orders.order_id = cancelled.refers_to
where
    orders.kind = 'order'
    and orders.status = 'completed'
    and cancelled.refers_to is null
