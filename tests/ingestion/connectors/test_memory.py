"""A table of five million rows is fetched in less than a gigabyte, whatever reads it."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera.settings import Settings
from tests.ingestion.connectors import homes

ROWS = 5_000_000
GIGABYTE = 1 << 20  # in the KB that the kernel counts in
CONNECTION = """
    kind: sql
    credentials: erp_db
    fetch:
      - {table: products, to: products, mode: snapshot}
"""


def peak(process: subprocess.Popen[str]) -> int:
    """Wait for a fetch; the most memory that it held, in KB.

    Not what ``wait4`` says: that counts the memory of whoever started it, too.
    """
    said, complained = process.communicate()
    assert process.returncode == 0, complained
    return int(said.split("VmHWM:")[1].split()[0])


def fetched(settings: Settings) -> list[Any]:
    (path,) = homes.inbox(settings)
    found = duckdb.sql(f"select count(*), sum(id), count(name) from read_parquet('{path}')")
    return list(found.fetchall())


@pytest.mark.nightly
def test_from_postgresql(settings: Settings, postgres: Any) -> None:
    homes.contract(settings, "parquet", "snapshot")
    homes.connection(settings, CONNECTION)
    postgres.execute(
        "create table products as select i as id, md5(i::text) as name, "
        "1.5::numeric(10, 2) as cost, timestamptz '2026-01-01' as changed "
        f"from generate_series(1, {ROWS}) i"
    )
    # One connection, then several: the size of the table decides.
    assert peak(homes.process(settings)) < GIGABYTE
    assert fetched(settings) == [(ROWS, ROWS * (ROWS + 1) // 2, ROWS)]
    postgres.execute("analyze products")
    assert peak(homes.process(settings)) < GIGABYTE


@pytest.mark.nightly
def test_from_another_database(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.contract(settings, "parquet", "snapshot")
    homes.connection(settings, CONNECTION)
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", f"sqlite:///{tmp_path}/erp.db")
    lite = sqlite3.connect(tmp_path / "erp.db")
    lite.execute(
        "create table products (id integer primary key, name text, cost numeric(10, 2), "
        "changed datetime)"
    )
    lite.execute(
        "insert into products with recursive n(i) as "
        f"(select 1 union all select i + 1 from n where i < {ROWS}) "
        "select i, hex(randomblob(16)), 1.5, '2026-01-01 10:00:00' from n"
    )
    lite.commit()
    lite.close()
    assert peak(homes.process(settings)) < GIGABYTE
    assert fetched(settings) == [(ROWS, ROWS * (ROWS + 1) // 2, ROWS)]
