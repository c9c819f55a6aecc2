"""Word lists that say how people write: nicknames, placeholders, mail providers, streets."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera.duck import literal

FOLDER = Path(__file__).parent


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of ``<name>.csv`` without its header."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(tuple(row) for row in list(csv.reader(file))[1:])


def words(name: str, kind: str) -> list[str]:
    """Of a list with kinds, the words of one kind."""
    return [row[1] for row in rows(name) if row[0] == kind]


def sql_list(values: list[str]) -> str:
    """``values`` as the inside of ``in (…)``."""
    return ", ".join(literal(value) for value in values)


def sql_map(pairs: list[tuple[str, str]]) -> str:
    """``pairs`` as a MAP literal."""
    keys = sql_list([key for key, _ in pairs])
    return f"map([{keys}], [{sql_list([value for _, value in pairs])}])"


def make_table(connection: duckdb.DuckDBPyConnection, name: str, *columns: str) -> None:
    """A temp table ``seed_<name>`` of the list, all text."""
    # Written out, a thousand rows are slow to parse.
    listed = pa.table(
        [pa.array(column, pa.string()) for column in zip(*rows(name), strict=True)],
        names=list(columns),
    )
    connection.register("listed", listed)
    connection.execute(f"create or replace temp table seed_{name} as from listed")
    connection.unregister("listed")
