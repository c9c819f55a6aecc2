"""Publications small enough to know by heart, each saying in every table which one it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cartera import publications
from cartera.publications import Publication
from cartera.settings import Settings
from tests.activation.conftest import write
from tests.cartera.conftest import run
from tests.cartera.test_publications import name
from tests.ingestion.connectors.conftest import postgres_server

__all__ = ["postgres_server", "run"]

ROWS = 1000
WAREHOUSE = """
create schema core; create schema marts; create schema meta; create schema ops;
create table meta.publication as
    select '{name}' as publication_id, date '2026-01-01' as as_of, 'passed' as gate_status,
        timestamp '2026-01-02 03:04:05.678901' as built_at, 1::bigint as schema_version;
create table core.fct_orders as
    select i as order_key, '{name}' as publication from range({rows}) as t (i);
create table core."odd ""one" as
    select * from (values
        (1, 'ñ😀' || chr(10), 12345678901234.56::decimal(18, 2), 0.1::double, true, null::date),
        (2, 'a' || chr(0) || 'b', -0.01, 'inf'::double, false, date '2026-03-29'),
        (3, null, null, 'nan'::double, null, date '0001-01-01')
    ) as t (id, "Text", amount, share, "is", day);
create table marts.kpi_values as select '{name}' as publication, 1.5::double as value;
create table marts.empty (x integer);
create table ops.batches as select 1 as batch_id;
"""
CONTACTS = """
create schema contacts; create schema meta;
create table contacts.golden_records as select 'a' as customer_id, 'a@example.com' as email;
create table contacts.identity_map as
    select 'till' as source_system, 'secret-1' as source_record_id;
create table meta.publication as select '{name}' as publication_id;
"""


@pytest.fixture
def publish(settings: Settings) -> Callable[[int], Publication]:
    """Publishes number n."""

    def make(number: int) -> Publication:
        base = publications.current_id(settings)
        folder = publications.make_candidate(settings, name(number))
        for file, text in ((publications.WAREHOUSE, WAREHOUSE), (publications.CONTACTS, CONTACTS)):
            write(folder / file, text.format(name=name(number), rows=ROWS))
        return publications.publish(settings, folder, name(number), base)

    return make


@pytest.fixture
def database(postgres_server: Any, settings: Settings) -> Iterator[Any]:
    """A connection of the owner to an empty database, each statement committed; ``settings``
    name the database."""
    import psycopg2

    owner = psycopg2.connect(postgres_server.get_uri())
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("drop database if exists crm with (force)")
        cursor.execute("drop role if exists crm_reader, crm_marketing, ana, mar, stranger")
        cursor.execute("create database crm")
    url = postgres_server.get_uri("crm")
    object.__setattr__(settings, "postgres_url", url)
    object.__setattr__(settings, "postgres_wait_seconds", 20)
    connection = psycopg2.connect(url)
    connection.autocommit = True
    yield connection
    connection.close()
    with owner.cursor() as cursor:
        cursor.execute("drop database crm with (force)")
        cursor.execute("drop role if exists crm_reader, crm_marketing, ana, mar, stranger")
    owner.close()
