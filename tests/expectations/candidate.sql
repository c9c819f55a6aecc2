-- A small consistent candidate: three customers, four orders, one campaign, two days.
-- Attached as work, contacts, warehouse; the clock never enters.
create schema work.staging;
create schema work.identity;
create schema contacts.contacts;
create schema warehouse.core;
create schema warehouse.marts;
create schema warehouse.meta;
create schema warehouse.ops;

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

create table warehouse.core.dim_customers as
select * from (values
    ('C1', timestamp '2026-01-01', 2, 'ES', true, true),
    ('C2', timestamp '2026-01-01', 1, 'ES', true, true),
    ('C3', timestamp '2026-01-01', 1, 'MX', true, false)
) as t(customer_id, first_seen_at, source_record_count, country, has_email, has_phone);

create table warehouse.core.customer_merges as
select 'C0' as old_customer_id, 'C1' as current_customer_id, timestamp '2026-01-01' as valid_from;

create table warehouse.core.fct_orders as
select
    md5(source_system || order_id) as order_key, source_system, order_id, customer_id,
    customer_id is not null as is_identifiable, ordered_at, order_date, channel, currency,
    cast(amount_original as decimal(18, 2)) as amount_original,
    cast(fx_rate as decimal(18, 8)) as fx_rate, order_date as fx_date, false as is_fx_missing,
    cast(gross_revenue as decimal(18, 2)) as gross_revenue,
    cast(discount as decimal(18, 2)) as discount,
    cast(gross_revenue - discount as decimal(18, 2)) as revenue,
    cast(refunded as decimal(18, 2)) as refunded_amount,
    cast(gross_revenue - discount - refunded as decimal(18, 2)) as net_revenue,
    cast(gross_revenue / 2 as decimal(18, 2)) as contribution, false as is_fully_refunded
from (values
    ('till', 'o1', 'C1', timestamp '2026-10-01 10:00:00', date '2026-10-01', 'store', 'EUR', 90, 1, 100, 10, 0),
    ('till', 'o2', null, timestamp '2026-10-01 22:30:00', date '2026-10-02', 'store', 'EUR', 50, 1, 50, 0, 0),
    ('shop', 'o3', 'C3', timestamp '2026-11-02 09:00:00', date '2026-11-02', 'online', 'USD', 20, 0.5, 10, 0, 0),
    ('shop', 'o4', 'C1', timestamp '2026-11-02 09:30:00', date '2026-11-02', 'online', 'EUR', 30, 1, 30, 0, 5)
) as t(source_system, order_id, customer_id, ordered_at, order_date, channel, currency, amount_original,
       fx_rate, gross_revenue, discount, refunded);

create table work.staging.stg_order_lines as
select source_system, order_id, '1' as line_id from work.staging.stg_orders
where source_system = 'till';

create table warehouse.core.fct_refunds as
select 'f1' as refund_key, 'shop' as source_system, 'r1' as refund_id, md5('shopo4') as order_key,
    'C1' as customer_id, true as is_identifiable, date '2026-11-03' as refund_date, 'EUR' as currency,
    cast(5 as decimal(18, 2)) as amount_original, cast(1 as decimal(18, 8)) as fx_rate,
    cast(5 as decimal(18, 2)) as amount;

create table warehouse.core.fct_campaign_messages as
select * from (values
    ('k1', 'mailer', 'camp1', 'sent', 'C2', true),
    ('k2', 'mailer', 'camp1', 'delivered', 'C2', true),
    ('k3', 'mailer', 'camp1', 'opened', null, false)
) as t(message_key, source_system, campaign_id, event_type, customer_id, is_identifiable);

create table warehouse.core.fct_consents as
select 'n1' as consent_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable,
    'email' as channel, 'granted' as status;

create table warehouse.core.fct_audience_pulls as
select 'p1' as pull_key, 'cartera' as source_system, 'C1' as customer_id, true as is_identifiable,
    'champions' as audience;

create table warehouse.core.fct_interactions as
select 'i1' as interaction_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_service_cases as
select 's1' as case_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_survey_responses as
select 's1' as response_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_profile_answers as
select 'p1' as answer_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_quotes as
select 'q1' as quote_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_referrals as
select 'r1' as referral_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_contact_outcomes as
select 'c1' as outcome_key, 'crm' as source_system, 'C1' as customer_id, true as is_identifiable;

create table warehouse.core.fct_web_sessions as
select * from (values
    ('w1', 'web', 'C1', 'login', true),
    ('w2', 'web', 'C1', 'later_login', false),
    ('w3', 'web', null, null, false)
) as t(session_key, source_system, customer_id, identified_by, has_login);

create table warehouse.marts.customer_rfm as
select * from (values
    ('C1', 19, 2, cast(115 as decimal(18, 2)), 3, 5, 5, '355', 'Loyal'),
    ('C3', 19, 1, cast(10 as decimal(18, 2)), 3, 1, 1, '311', 'New Customers'),
    ('C2', null, 0, cast(0 as decimal(18, 2)), null, null, null, null, 'Lost')
) as t(customer_id, recency_days, frequency, monetary, r_score, f_score, m_score, rfm_score, rfm_segment);

create table warehouse.marts.customer_360 as
select d.customer_id, r.rfm_segment, r.recency_days, o.net_revenue, coalesce(o.orders, 0) as orders
from warehouse.core.dim_customers as d
left join warehouse.marts.customer_rfm as r using (customer_id)
left join (
    select customer_id, sum(net_revenue) as net_revenue, count(*) as orders
    from warehouse.core.fct_orders group by customer_id
) as o using (customer_id);

create table warehouse.marts.kpi_daily as
select
    order_date as date, coalesce(channel, 'ALL') as channel, count(*) as orders,
    count(customer_id) as identified_orders, count(distinct customer_id) as buyers,
    count(customer_id) as new_buyers, sum(gross_revenue) as gross_revenue,
    sum(discount) as discount, sum(revenue) as revenue_by_order_date,
    cast(0 as decimal(18, 2)) as refunds_booked
from warehouse.core.fct_orders
group by grouping sets ((order_date, channel), (order_date));
-- The refund of o4 is booked on a day without orders.
insert into warehouse.marts.kpi_daily
select date '2026-11-03', channel, 0, 0, 0, 0, 0, 0, 0, 5
from (values ('online'), ('ALL')) as t(channel);

create table warehouse.marts.kpi_monthly as
select
    cast(date_trunc('month', date) as date) as month, channel, sum(orders) as orders,
    sum(identified_orders) as identified_orders, sum(buyers) as buyers,
    sum(new_buyers) as new_buyers, sum(gross_revenue) as gross_revenue,
    sum(discount) as discount, sum(revenue_by_order_date) as revenue_by_order_date,
    sum(refunds_booked) as refunds_booked
from warehouse.marts.kpi_daily
group by all;

create table warehouse.marts.campaign_performance as
select 'camp1' as campaign_id, 'mailer' as source_system, 'A' as variant, '1' as step,
    120 as targeted, 100 as sent, 90 as delivered, 40 as opened, 10 as clicked,
    cast(0.44 as double) as open_rate, cast(0.11 as double) as click_rate;

create table warehouse.meta.publication as
select 'pub-2' as publication_id, date '2026-11-21' as as_of,
    timestamp '2026-11-20 23:00:00' as as_of_at, 'pub-1' as base_publication, 1 as schema_version;

create table warehouse.ops.batches as
select * from (values
    ('b1', 'till', 'orders', 'landed', 4, 3, 1, 0),
    ('b2', 'shop', 'orders', 'held', 3, 0, 3, 0)
) as t(batch_id, system, source, state, received, accepted, quarantined, erased);

create table warehouse.ops.model_runs as
select 'stg_orders' as model, 'success' as status, '{"rows": 6, "code": "4006381333931"}' as detail;

create table warehouse.meta.columns as
select schema_name as table_schema, table_name, column_name, 'none' as pii_class, 'x' as description
from duckdb_columns()
where database_name = 'warehouse' and schema_name in ('core', 'marts');
