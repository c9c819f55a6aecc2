-- Who is who, and the golden records.
create schema contacts.contacts;

create table contacts.contacts.identity_ledger as
select row_number() over () as event_id, 'mint' as event, customer_id, source_system, source_record_id
from (values
    ('C1', 'crm', 'r1'), ('C2', 'newsletter', 'ana@example.org'), ('C3', 'shop', 's3')
) as t(customer_id, source_system, source_record_id);

create table contacts.contacts.identity_pairs (
    customer_id_a varchar, customer_id_b varchar, decision varchar
);

create table contacts.contacts.identity_map as
select * from (values
    ('crm', 'r1', 'C1', 'new', timestamp '2026-01-01'),
    ('loyalty', 'm1', 'C1', 'tax_id', timestamp '2026-01-01'),
    ('newsletter', 'ana@example.org', 'C2', 'new', timestamp '2026-01-01'),
    ('shop', 's3', 'C3', 'new', timestamp '2026-01-01')
) as t(source_system, source_record_id, customer_id, linked_by, valid_from);

create table contacts.contacts.golden_records as
select * from (values
    ('C1', 'Luis', 'Gil', 'luis@example.org', '+34600111222', '12345678Z', 'm1'),
    ('C2', 'Ana', 'Ruiz', 'ana@example.org', '+34600333444', null, null),
    ('C3', 'Eva', 'Sanz', 'ana@example.org', null, '87654321X', 'm3')
) as t(customer_id, given_name, surname_1, email, phone_e164, tax_id, loyalty_number);
