-- Grain: one row per order, refund or cancellation of a system, in its last version.
with latest as (
    {{ latest('orders', ['order_id']) }}
)

select
    source_system,
    order_id,
    kind,
    refers_to,
    ordered_at,
    {{ business_date('ordered_at') }} as order_date,
    channel,
    store_id,
    employee_id,
    coalesce(status, 'completed') as status,
    upper(currency) as currency,
    gross_amount,
    coalesce(discount_amount, 0) as discount_amount,
    campaign_id,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
