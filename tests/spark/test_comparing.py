"""The comparison of two engines finds what tells their tables apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.spark.comparing import differences

ROWS = (
    "select * from (values ('a', 1, 1.50::decimal(18, 2), 0.1::double, date '2026-01-01', "
    "timestamp '2026-01-01 10:00:00'), ('b', null, null, null, null, null)) "
    "as rows(key, place, amount, share, day, moment)"
)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.marts")
        connection.execute(f"create table warehouse.marts.numbers as {ROWS}")
        yield connection


def compare(db: duckdb.DuckDBPyConnection, folder: Path, query: str) -> list[str]:
    db.execute(f"copy ({query}) to '{folder}/part.parquet' (format parquet)")
    return differences(db, "marts.numbers", folder)


def test_the_same_rows_in_another_order_are_the_same(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert compare(db, tmp_path, f"{ROWS} order by key desc") == []


def test_an_instant_in_utc_is_the_same_moment(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    query = f"select * replace (moment::timestamptz as moment) from ({ROWS})"
    assert compare(db, tmp_path, query) == []


def test_the_last_digit_of_a_double_may_differ(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert compare(db, tmp_path, f"select * replace (share + 1e-12 as share) from ({ROWS})") == []


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("replace (share + 1e-8 as share)", "share"),
        ("replace (coalesce(share, 0) as share)", "share"),
        ("replace (case when key = 'b' then null else place + 1 end as place)", "place"),
        ("replace ((amount + 0.01)::decimal(18, 2) as amount)", "amount"),
        ("replace (day + interval 1 day as day)", "columns"),
        ("replace (day + 1 as day)", "day"),
        ("replace (moment + interval 1 second as moment)", "moment"),
        ("replace (upper(key) as key)", "key"),
        ("replace (amount::decimal(19, 2) as amount)", "columns"),
        ("exclude (day)", "columns"),
    ],
)
def test_what_differs_is_found(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, change: str, column: str
) -> None:
    (found,) = compare(db, tmp_path, f"select * {change} from ({ROWS})")
    assert found.startswith(column)


def test_a_row_too_many_or_too_few_is_found(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert compare(db, tmp_path, f"{ROWS} union all {ROWS}") == ["2 rows against 4"]
    assert compare(db, tmp_path, f"{ROWS} limit 1") == ["2 rows against 1"]


def test_columns_in_another_order_are_found(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (found,) = compare(db, tmp_path, f"select place, * exclude (place) from ({ROWS})")
    assert found == "columns in another order"
