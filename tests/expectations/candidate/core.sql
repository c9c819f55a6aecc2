-- Customers and facts.
create schema warehouse.core;

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
