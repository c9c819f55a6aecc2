"""A table of products in PostgreSQL, and two ways of fetching it."""

from __future__ import annotations

from typing import Any

import duckdb

from cartera.settings import Settings
from tests.ingestion.connectors.homes import (
    inbox,
)

ORDERS = """
    kind: sql
    credentials: erp_db
    fetch:
      - {table: public.products, to: products, mode: increment, cursor: changed, overlap: 1 hour}
"""
SNAPSHOT = """
    kind: sql
    credentials: erp_db
    fetch:
      - {table: products, to: products, mode: snapshot}
"""
TABLE = "create table products (id int primary key, name text, cost numeric, changed timestamptz)"


def insert(postgres: Any, key: int, name: str, changed: str | None) -> None:
    postgres.execute(
        "insert into products values (%s, %s, 1.10, %s) on conflict (id) do update "
        "set name = excluded.name, changed = excluded.changed",
        (key, name, changed),
    )


def rows(settings: Settings) -> list[tuple[Any, ...]]:
    """The rows of the newest file."""
    path = inbox(settings)[-1]
    return duckdb.sql(f"select id, name from read_parquet('{path}') order by id").fetchall()
