"""Databases other than PostgreSQL come through dlt: SQLite stands for them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from cartera import credentials
from cartera.errors import CarteraError, RefusedByData
from cartera.settings import Settings
from ingestion.connectors import databases, sql
from ingestion.connectors.config import Table
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.homes import (
    SYSTEM,
    connection,
    contract,
    fetch,
    inbox,
    land,
    landed,
)

INCREMENT = """
    kind: sql
    credentials: erp_db
    fetch:
      - {table: products, to: products, mode: increment, cursor: changed, overlap: 1 hour}
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    # SQLite takes these signs in an address for more than a name.
    found = tmp_path / "erp #1?%41.db"
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", f"sqlite:///{quote(str(found))}")
    return found


@pytest.fixture
def lite(path: Path) -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(path, isolation_level=None)
    found.execute(
        "create table products (id integer primary key, name text, cost numeric(10, 2), "
        "changed datetime)"
    )
    yield found
    found.close()


def test_increments_come_by_cursor_and_land(settings: Settings, lite: sqlite3.Connection) -> None:
    contract(settings, "parquet")
    connection(settings, INCREMENT)
    lite.executemany(
        "insert into products values (?, ?, ?, ?)",
        [
            (1, "one", 1.1, "2026-01-01 10:00:00"),
            (2, "two", None, "2026-01-01 12:00:00"),
            (3, "undated", 3, None),
        ],
    )
    assert fetch(settings)["files"] == 1
    assert fetch(settings)["already"] == 1
    lite.execute("insert into products values (4, 'late', 1, '2026-01-01 11:30:00')")
    lite.execute("insert into products values (5, 'too late', 1, '2026-01-01 10:30:00')")
    assert fetch(settings)["files"] == 1
    land(settings)
    assert landed(settings) == {"1": "one", "2": "two", "3": "undated", "4": "late"}


def test_a_snapshot_of_several_chunks_is_whole_and_typed(
    settings: Settings, lite: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "CHUNK_ROWS", 100)
    contract(settings, "parquet", "snapshot")
    connection(
        settings,
        INCREMENT.replace("increment, cursor: changed, overlap: 1 hour", "snapshot"),
    )
    # The first chunk has no name at all: its type is that of the column, not of its values.
    lite.executemany(
        "insert into products values (?, ?, ?, ?)",
        [(i, None if i < 150 else f"n{i}", i / 4, "2026-01-01 10:00:00") for i in range(1000)],
    )
    fetch(settings)
    (file,) = inbox(settings)
    relation = f"read_parquet('{file}')"
    totals = duckdb.sql(f"select count(*), sum(id), sum(cost), count(name) from {relation}")
    assert totals.fetchall() == [(1000, 499_500, 124_875, 850)]
    table = duckdb.sql(f"from {relation}")
    kinds = dict(zip(table.columns, map(str, table.types), strict=True))
    assert kinds == {
        "id": "BIGINT",
        "name": "VARCHAR",
        "cost": "DECIMAL(10,2)",
        "changed": "TIMESTAMP",
    }


def test_what_is_gone_is_gone_in_the_next_snapshot(
    settings: Settings, lite: sqlite3.Connection
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(
        settings,
        INCREMENT.replace("increment, cursor: changed, overlap: 1 hour", "snapshot"),
    )
    for key in (1, 2, 3):
        lite.execute("insert into products values (?, 'x', 1, '2026-01-01 10:00:00')", (key,))
    fetch(settings)
    assert fetch(settings)["already"] == 1
    lite.execute("delete from products where id = 2")
    assert fetch(settings)["files"] == 1
    (_, newest) = inbox(settings)
    ids = duckdb.sql(f"select id from read_parquet('{newest}') order by id").fetchall()
    assert ids == [(1,), (3,)]
    lite.execute("delete from products")
    with pytest.raises(RefusedByData, match="is empty, and a snapshot of it would remove"):
        fetch_system(settings, SYSTEM)
    assert len(inbox(settings)) == 2


def test_rows_are_read_in_chunks_and_not_all_at_once(
    settings: Settings, lite: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bounds the memory: the driver hands out rows as they are asked for."""
    monkeypatch.setattr(databases, "CHUNK_ROWS", 100)
    lite.executemany(
        "insert into products values (?, 'x', 1, '2026-01-01 10:00:00')",
        [(key,) for key in range(1000)],
    )
    reader = databases.open_database(credentials.find("erp_db"))
    sizes: list[int] = []
    written = databases.pq.ParquetWriter.write_table

    def counted(self: Any, table: Any) -> None:
        sizes.append(table.num_rows)
        written(self, table)

    monkeypatch.setattr(databases.pq.ParquetWriter, "write_table", counted)
    table = Table(to="products", table="products", mode="snapshot")
    reader.write(table, None, settings.home.parent / "x.parquet")
    reader.close()
    assert sizes == [100] * 10


def test_it_is_opened_read_only_and_never_made(
    settings: Settings, path: Path, lite: sqlite3.Connection
) -> None:
    reader = databases.open_database(credentials.find("erp_db"))
    with pytest.raises(Exception, match="readonly"), reader._engine.begin() as open_:
        open_.exec_driver_sql("delete from products")
    reader.close()
    lite.close()
    path.unlink()
    contract(settings, "parquet")
    connection(settings, INCREMENT)
    with pytest.raises(CarteraError, match="unable to open database file"):
        fetch_system(settings, SYSTEM)
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("table: products", "table: nothing"), "no table 'nothing'"),
        (("cursor: changed", "cursor: when"), "no column 'when'"),
        (("cursor: changed", "cursor: name"), "is VARCHAR: no cursor"),
    ],
)
def test_what_cannot_work_is_said(
    settings: Settings, lite: sqlite3.Connection, change: tuple[str, str], says: str
) -> None:
    contract(settings, "parquet")
    connection(settings, INCREMENT.replace(*change))
    lite.execute("insert into products values (1, 'x', 1, '2026-01-01')")
    with pytest.raises(RefusedByData, match=says):
        fetch_system(settings, SYSTEM)
    assert inbox(settings) == []


def test_a_database_without_a_driver_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet")
    connection(settings, INCREMENT)
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", "nosuchdb://u:pppppp@h/x")
    with pytest.raises(CarteraError, match="No driver for nosuchdb"):
        fetch_system(settings, SYSTEM)


def test_a_server_is_read_in_chunks_by_a_cursor_of_its_own(
    settings: Settings, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL by the way of all others: a real server, whose driver holds all rows if let."""
    monkeypatch.setattr(sql, "SCHEMES", ())
    uri = os.environ["CARTERA_CONN_ERP_DB"].replace("postgresql:", "postgresql+psycopg2:")
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", uri)
    monkeypatch.setattr(databases, "CHUNK_ROWS", 100)
    contract(settings, "parquet")
    connection(settings, INCREMENT)
    postgres.execute(
        "create table products as select i as id, 'n' || i as name, i / 8.0 as cost, "
        "timestamptz '2026-01-01 12:00+02' + i * interval '1 minute' as changed "
        "from generate_series(1, 250) i; update products set changed = null where id = 7"
    )
    asked: list[str] = []
    written = databases.pq.ParquetWriter.write_table

    def watched(self: Any, table: Any) -> None:
        postgres.execute("select query::text from pg_stat_activity where usename = 'reader'")
        asked.extend(query for (query,) in postgres.fetchall())
        written(self, table)

    monkeypatch.setattr(databases.pq.ParquetWriter, "write_table", watched)
    assert fetch(settings)["files"] == 1
    assert any(query.startswith("FETCH FORWARD 100 ") for query in asked)
    assert fetch(settings)["already"] == 1
    postgres.execute("insert into products values (300, 'late', 1, '2026-01-01 13:15+00')")
    postgres.execute("insert into products values (301, 'too late', 1, '2026-01-01 13:05+00')")
    assert fetch(settings)["files"] == 1
    land(settings)
    expected = {str(key): f"n{key}" for key in range(1, 251)} | {"300": "late"}
    assert landed(settings) == expected
