-- What staging and identity left: orders, and who was linked.
create schema work.staging;
create schema work.identity;

create table work.staging.stg_orders as
select
    source_system, order_id, kind, refers_to, status, ordered_at, cast(order_date as date) as order_date, currency,
    cast(gross_amount as decimal(18, 2)) as gross_amount,
    cast(discount_amount as decimal(18, 2)) as discount_amount
from (values
    ('till', 'o1', 'order', null, 'completed', timestamp '2026-10-01 10:00:00', '2026-10-01', 'EUR', 100, 10),
    ('till', 'o2', 'order', null, 'completed', timestamp '2026-10-01 22:30:00', '2026-10-02', 'EUR', 50, 0),
    ('shop', 'o3', 'order', null, 'completed', timestamp '2026-11-02 09:00:00', '2026-11-02', 'USD', 20, 0),
    ('shop', 'o4', 'order', null, 'completed', timestamp '2026-11-02 09:30:00', '2026-11-02', 'EUR', 30, 0),
    ('shop', 'r1', 'refund', 'o4', 'completed', timestamp '2026-11-03 09:30:00', '2026-11-03', 'EUR', 5, 0),
    ('shop', 'p1', 'order', null, 'pending', timestamp '2026-11-03 09:40:00', '2026-11-03', 'EUR', 70, 0),
    ('shop', 'o5', 'order', null, 'completed', timestamp '2026-11-03 10:00:00', '2026-11-03', 'EUR', 70, 0),
    ('shop', 'c5', 'cancellation', 'o5', 'completed', timestamp '2026-11-03 11:00:00', '2026-11-03', 'EUR', 0, 0),
    ('shop', 'o9', 'order', null, 'completed', timestamp '2026-11-20 23:30:00', '2026-11-21', 'EUR', 70, 0)
) as t(source_system, order_id, kind, refers_to, status, ordered_at, order_date, currency, gross_amount, discount_amount);

-- Two people of one household share a mailbox; a clerk's mailbox is known as shared.
create table work.identity.records as
select *, cast(null as varchar) as second_surname_key from (values
    ('crm', 'r1', 'luis', 'gil', '12345678Z', null, 'clerk@example.org'),
    ('loyalty', 'm1', 'luis', 'gil', '12345678Z', 'M1', null),
    ('newsletter', 'ana@example.org', 'ana', 'ruiz', null, null, 'ana@example.org'),
    ('shop', 's3', 'eva', 'sanz', '87654321X', 'M3', 'ana@example.org')
) as t(source_system, source_record_id, given_key, surname_key, tax_key, loyalty_key, email_key);

create table work.identity.shared_identifiers as
select 'email' as kind, 'clerk@example.org' as value, 'many names' as reason;

create table work.identity.kept_apart (kind varchar, value varchar, reason varchar);

create table work.staging.stg_order_lines as
select source_system, order_id, '1' as line_id from work.staging.stg_orders
where source_system = 'till';
