-- Grain: one row per refund, on its own date.
with refunds as (
    select * from {{ ref('stg_order_amounts') }}
    where kind = 'refund' and status = 'completed'
)

select
    {{ natural_key(['refunds.source_system', 'refunds.order_id']) }} as refund_key,
    refunds.source_system,
    refunds.order_id as refund_id,
    {{ natural_key(['refunds.source_system', 'refunds.refers_to']) }} as order_key,
    bindings.customer_id,
    refunds.person_record_id is not null as is_identifiable,
    refunds.ordered_at as refunded_at,
    refunds.order_date as refund_date,
    refunds.channel,
    refunds.currency,
    cast(
        abs(abs(refunds.gross_amount) - abs(refunds.discount_amount)) as decimal(18, 2)
    ) as amount_original,
    refunds.fx_rate,
    refunds.fx_date,
    refunds.refund as amount
from refunds
{{ bind_customer('refunds') }}
