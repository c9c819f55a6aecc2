"""Databases other than PostgreSQL come through dlt: SQLite stands for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cartera.errors import CarteraError, RefusedByData
from cartera.settings import Settings
from ingestion.connectors import credentials, databases
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
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", f"sqlite:///{tmp_path}/erp.db")
    return tmp_path / "erp.db"


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
