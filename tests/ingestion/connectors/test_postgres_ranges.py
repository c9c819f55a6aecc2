"""Large tables of PostgreSQL are read by several connections, as one would have read them."""

from __future__ import annotations

from typing import Any

import pytest

from cartera.settings import Settings
from ingestion.connectors import postgres as reader
from ingestion.connectors import sql as tables
from tests.ingestion.connectors.homes import (
    connection,
    contract,
    fetch,
    inbox,
)
from tests.ingestion.connectors.products_table import (
    SNAPSHOT,
    rows,
)

LARGE = (
    "create table products as select i as id, 'n' || i as name, repeat('x', 100) as padding, "
    "(i * 0.01)::numeric(10, 2) as cost, timestamptz '2026-01-01' as changed "
    "from generate_series(1, 30000) i"
)
RANGES = (
    "select query::text from pg_stat_activity where usename = 'reader' "
    "and query ilike '%WHERE ctid BETWEEN%' and pid <> pg_backend_pid()"
)


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch, postgres: Any) -> list[str]:
    """A few pages make a table large; the ranges that connections had read last."""
    asked: list[str] = []
    opened, written = tables.open_postgres, reader.PostgresReader.write

    def in_small_ranges(duck: Any, credentials: Any) -> Any:
        found = opened(duck, credentials)
        duck.execute("set pg_pages_per_task = 50")
        return found

    def watched(self: Any, *given: Any) -> None:
        written(self, *given)
        postgres.execute(RANGES)
        asked.extend(query for (query,) in postgres.fetchall())

    monkeypatch.setattr(reader.PostgresReader, "write", watched)
    monkeypatch.setattr(reader, "LARGE_PAGES", 100)
    monkeypatch.setattr(tables, "open_postgres", in_small_ranges)
    return asked


def test_a_large_table_is_read_in_ranges_at_one_moment(
    settings: Settings, postgres: Any, ranges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(LARGE)
    postgres.execute("analyze products")
    looked = reader.PostgresReader._large_heap

    def and_then_it_changes(self: Any, table: Any) -> str:
        found = looked(self, table)
        postgres.execute("update products set name = 'later' where id % 3 = 0")
        postgres.execute("delete from products where id % 7 = 0")
        return found

    monkeypatch.setattr(reader.PostgresReader, "_large_heap", and_then_it_changes)
    fetch(settings)
    assert ranges
    assert rows(settings) == [(key, f"n{key}") for key in range(1, 30_001)]
    monkeypatch.setattr(reader.PostgresReader, "_large_heap", looked)
    fetch(settings)
    after = [(key, "later" if key % 3 == 0 else f"n{key}") for key in range(1, 30_001) if key % 7]
    assert rows(settings) == after


def test_a_large_table_that_has_not_changed_is_not_delivered_again(
    settings: Settings, postgres: Any, ranges: list[str]
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(LARGE)
    postgres.execute("analyze products")
    assert fetch(settings)["files"] == 1
    # The same rows at other places of the heap, and so in another order.
    postgres.execute("update products set name = name where id < 10000")
    for _ in range(2):
        assert (fetch(settings)["already"], len(inbox(settings))) == (1, 1)
    assert ranges
    postgres.execute("update products set name = 'x' where id = 29999")
    assert fetch(settings)["files"] == 1
    postgres.execute("alter table products rename padding to filling")
    assert fetch(settings)["files"] == 1


def test_one_connection_and_several_read_the_same_values(
    settings: Settings, postgres: Any, ranges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(
        "create table products as select i::smallint as id, 'ñ😀' || chr(10) || i as name, "
        "(i / 7.0)::numeric(38, 20) as cost, i::real / 3 as r, i::float8 / 3 as d, "
        "i % 2 = 0 as yes, date '2026-03-29' - i as day, 'x'::char(3) as fixed, "
        "('y' || i)::varchar(20) as v, decode(md5(i::text), 'hex') as b, i::bigint as big, "
        "case when i % 5 > 0 then timestamptz '2026-03-29 02:30+01' + i * interval '1 s' end c, "
        "timestamp '2026-03-29 02:30:00.123456' + i * interval '1 day' as local, "
        "case when i = 9 then 'infinity'::timestamptz end as open_end, repeat('x', 100) as padding "
        "from generate_series(1, 20000) i"
    )
    postgres.execute("analyze products")
    fetch(settings)
    assert ranges
    ranges.clear()
    monkeypatch.setattr(reader, "LARGE_PAGES", 1_000_000)
    # Nothing is new: the digest is that of names, types and values.
    assert fetch(settings)["already"] == 1
    assert ranges == []


def test_tables_whose_names_differ_in_case_alone_are_told_apart(
    settings: Settings, postgres: Any, ranges: list[str]
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT.replace("table: products", "table: Products"))
    postgres.execute(LARGE)
    postgres.execute(
        "create table \"Products\" as select id, 'other' as name, padding from products"
    )
    postgres.execute("analyze")
    fetch(settings)
    assert ranges == []
    assert {name for _, name in rows(settings)} == {"other"}
