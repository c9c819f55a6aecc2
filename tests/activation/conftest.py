"""A publication of forty customers, small enough to know by heart."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from cartera import publications
from cartera.settings import Settings

PUBLICATION = "20260101T000000000000Z-0123abcd"
# Customer n spent 1000 - n. Of every ten the 8th has no address and the 9th no consent.
WAREHOUSE = """
create schema marts; create schema core; create schema meta;
create table meta.publication as select date '2026-01-01' as as_of, 'passed' as gate_status;
create table core.dim_customers as
    select
        'c' || lpad(n::text, 2, '0') as customer_id, n % 10 <> 8 as has_email, true as has_phone,
        false as is_bounced, false as is_unsubscribed
    from range(40) numbers(n);
create table core.customer_merges (old_customer_id varchar, current_customer_id varchar);
create table core.fct_audience_pulls (
    pull_id varchar, audience varchar, channel varchar, purpose varchar, bucket varchar,
    reason varchar, pulled_at timestamp, customer_id varchar, is_counted boolean
);
create table core.fct_contact_outcomes (pull_id varchar, customer_id varchar, outcome varchar);
create table marts.list_results (
    pull_id varchar, audience varchar, channel varchar, purpose varchar, pulled_at timestamp,
    is_over boolean, response_days bigint, listed bigint, listed_buyers bigint,
    listed_net_revenue decimal(18, 2), held_out bigint, held_out_buyers bigint,
    held_out_net_revenue decimal(18, 2), excluded bigint
);
create table core.fct_touchpoints (
    customer_id varchar, direction varchar, channel varchar, touch_date date, is_answered boolean,
    cost decimal(18, 8)
);
create table marts.customer_360 as
    select
        customer_id, 'ES' as country, 'es' as language, 1000 - n as net_revenue, n as orders,
        if(n < 30, 'Champions', 'Lost') as rfm_segment, n % 10 <> 9 as is_reachable_email,
        n % 2 = 0 as is_reachable_phone, date '2025-12-01' as last_order_date,
        if(n < 20, 'A', 'B') as abc_class, 'Other' as value_tier, false as is_deceased,
        false as is_test, date '2026-01-01' as as_of
    from core.dim_customers, lateral (select customer_id[2:]::int as n);
create table marts.contact_reasons as
    select
        customer_id, channel, purpose, has_consent,
        nullif(concat_ws(
            ',', if(has_address, null, 'no_address'),
            if(purpose = 'marketing' and not has_consent, 'no_consent', null)
        ), '') as suppression_reasons
    from (
        select
            *, channel = 'phone' or has_email as has_address,
            if(channel = 'email', is_reachable_email, is_reachable_phone) as has_consent
        from marts.customer_360
        join (select customer_id, has_email from core.dim_customers) using (customer_id),
            unnest(['email', 'phone']) channels(channel)
    ), unnest(['marketing', 'service']) purposes(purpose);
"""
CONTACTS = """
create schema contacts;
create table contacts.golden_records as
    select
        'c' || lpad(n::text, 2, '0') as customer_id,
        case n
            when 0 then '=cmd|''/c calc''!A1' when 1 then '+SUM(A1)' when 2 then '-2+3'
            when 3 then '@x' when 4 then chr(9) || 'tab'
            when 5 then 'Ana, "la" de' || chr(10) || 'Ávila'
            when 6 then 'محمد' when 7 then 'נֹעַם' when 10 then chr(65309) || '1+1'
            when 14 then 'Ana;=cmd|'' /C calc''!A0;' when 15 then 'Ana; "=1+1'
            when 16 then 'Ana' || chr(10) || '+1'
            else 'Name ' || n
        end as given_name,
        'Doe-Müller' as surname_1, null as surname_2, 'Calle 1' as address, '28 001' as postal_code,
        'San Sebastián' as city, make_date(1980, 1 + n % 12, 1 + n % 28) as birth_date,
        'c' || n || '@example.com' as email, '+3460000' || lpad(n::text, 4, '0') as phone_e164,
        'XX' as country, 'xx' as language
    from range(40) numbers(n);
"""


@pytest.fixture
def published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose current publication is the one above."""
    monkeypatch.setenv("CARTERA_USER", "tester")
    folder = settings.publications / PUBLICATION
    folder.mkdir(parents=True)
    write(folder / publications.WAREHOUSE, WAREHOUSE)
    write(folder / publications.CONTACTS, CONTACTS)
    os.symlink(PUBLICATION, settings.publications / publications.CURRENT)
    return settings


def write(path: Path, sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as written; use written; {sql}")
