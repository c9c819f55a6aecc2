-- Grain: one row per quote in its last version. Where the source does not say when it was decided,
-- it was when the quote was last changed.
with latest as (
    {{ latest('quotes', ['quote_id']) }}
)

select
    source_system,
    quote_id,
    account_id,
    quoted_at,
    {{ business_date('quoted_at') }} as quote_date,
    valid_until,
    status,
    case when status <> 'open' then coalesce(decided_at, updated_at) end as decided_at,
    amount,
    upper(currency) as currency,
    order_id,
    employee_id,
    {{ person_system() }} as person_system,
    {{ person_record_id() }} as person_record_id,
    party_email,
    party_phone
from latest
