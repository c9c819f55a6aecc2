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
    select 'c' || lpad(n::text, 2, '0') as customer_id, n % 10 <> 8 as has_email, true as has_phone
    from range(40) numbers(n);
create table marts.customer_360 as
    select
        customer_id, 'ES' as country, 'es' as language, 1000 - n as net_revenue, n as orders,
        if(n < 30, 'Champions', 'Lost') as rfm_segment, n % 10 <> 9 as is_reachable_email,
        n % 2 = 0 as is_reachable_phone, date '2025-12-01' as last_order_date
    from core.dim_customers, lateral (select customer_id[2:]::int as n);
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
            else 'Name ' || n
        end as given_name,
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
