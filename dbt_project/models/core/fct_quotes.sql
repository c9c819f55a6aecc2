-- Grain: one row per quote before as_of, as it stood then: what was decided at as_of or later is
-- open, and so is a quote that was opened again.
with quotes as (
    select
        *,
        case when decided_at >= {{ as_of_at() }} then 'open' else status end as status_then,
        {{ known('decided_at') }} as decided_then
    from {{ ref('stg_quotes') }}
    where quoted_at < {{ as_of_at() }}
),

rated as (
    select
        quotes.*,
        {{ rate_of('quotes') }} as fx_rate,
        {{ rate_day('quotes', 'quote_date') }} as fx_date
    from quotes
    {{ join_rates('quotes', 'quote_date') }}
),

references_to_orders as (
    select * from {{ ref('int_order_references') }}
)

select
    {{ natural_key(['quotes.source_system', 'quotes.quote_id']) }} as quote_key,
    quotes.source_system,
    quotes.quote_id,
    bindings.customer_id,
    quotes.person_record_id is not null as is_identifiable,
    {{ natural_key(['quotes.source_system', 'quotes.account_id']) }} as account_key,
    quotes.quoted_at,
    quotes.quote_date,
    quotes.valid_until,
    quotes.status_then as status,
    quotes.decided_then as decided_at,
    {{ business_date('quotes.decided_then') }} as decided_date,
    quotes.amount as amount_original,
    quotes.currency,
    quotes.fx_rate,
    quotes.fx_date,
    quotes.fx_rate is null as is_fx_missing,
    {{ converted('quotes.amount', 'quotes.fx_rate') }} as amount,
    case when quotes.status_then = 'won' then references_to_orders.order_key end as order_key,
    quotes.employee_id
from rated as quotes
{{ bind_customer('quotes') }}
left join references_to_orders
    on
        quotes.source_system = references_to_orders.source_system
        and quotes.order_id = references_to_orders.order_id
