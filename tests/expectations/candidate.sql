-- As much of a candidate as the rules of conftest.py ask about: one campaign, three customers.
create schema warehouse.marts;
create schema warehouse.meta;
create schema warehouse.ops;

create table warehouse.marts.customer_rfm as
select * from (values
    ('C1', 19, 2, cast(115 as decimal(18, 2)), 3, 5, 5, '355', 'Loyal'),
    ('C3', 19, 1, cast(10 as decimal(18, 2)), 3, 1, 1, '311', 'New Customers'),
    ('C2', null, 0, cast(0 as decimal(18, 2)), null, null, null, null, 'Lost')
) as t(customer_id, recency_days, frequency, monetary, r_score, f_score, m_score, rfm_score, rfm_segment);

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
select 'stg_orders' as node, 'success' as status, '{"rows": 6, "code": "4006381333931"}' as detail;
