-- What is read: segments, KPIs, campaigns.
create schema warehouse.marts;

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
