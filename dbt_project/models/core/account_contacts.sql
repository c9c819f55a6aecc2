-- Grain: one row per company and customer who is a contact of it.
select
    {{ natural_key(['contacts.source_system', 'contacts.account_id', 'bindings.customer_id']) }}
        as account_contact_key,
    {{ natural_key(['contacts.source_system', 'contacts.account_id']) }} as account_key,
    bindings.customer_id,
    count(*) as source_record_count
from {{ ref('stg_account_contacts') }} as contacts
{{ bind_customer('contacts') }}
where bindings.customer_id is not null
group by contacts.source_system, contacts.account_id, bindings.customer_id
