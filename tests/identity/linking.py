"""Standardise and link records in memory, without ids or files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from cartera.identity.evaluate import Evaluation, measure
from cartera.identity.link import Linked, link
from cartera.identity.loading import COLUMNS
from cartera.identity.model import Model, load_model
from cartera.identity.standardise import standardise

# Fewer people than these are linked without optimising the queries.
FEW = 1_000
KINDS = {"varchar": pa.string(), "date": pa.date32(), "timestamp": pa.timestamp("us")}


class Linking:
    """A database with ``work.staging.stg_people``, and what linking made of it."""

    def __init__(self, people: pa.Table | Iterable[dict[str, Any]]) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as work; create schema work.staging")
        self.load(people)

    def load(self, people: pa.Table | Iterable[dict[str, Any]]) -> None:
        if not isinstance(people, pa.Table):
            people = table(people)
        if people.num_rows < FEW:
            unoptimised(self.connection)
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        self.connection.register("given_people", people)
        self.connection.execute(
            f"create or replace table work.staging.stg_people as select {names} from given_people"
        )
        if "person" in people.column_names:
            self.connection.execute(
                "create or replace temp table labels as select source_system, source_record_id, "
                "person::varchar as person, household::varchar as household from given_people"
            )

    def standardise(self) -> list[dict[str, Any]]:
        self.placeholders = standardise(self.connection, "ES")
        return self.rows("select * from work.identity.records order by record")

    def link(self, model: Model | None = None) -> Linked:
        self.placeholders = standardise(self.connection, "ES")
        self.linked = link(self.connection, model or load_model())
        return self.linked

    def clusters(self) -> set[frozenset[str]]:
        """The record ids of each cluster."""
        found: dict[int, set[str]] = {}
        for record, cluster in self.connection.execute(
            "select source_record_id, cluster from work.identity.clusters "
            "join work.identity.records using (record)"
        ).fetchall():
            found.setdefault(cluster, set()).add(record)
        return {frozenset(part) for part in found.values()}

    def measure(self) -> Evaluation:
        return measure(self.connection, self.linked)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def unoptimised(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection, for a few records: to optimise its queries takes longer than to run them.

    The answers are the same. Every real build optimises, and so do the tests of thousands.
    """
    return connection.execute("pragma disable_optimizer")


def table(people: Iterable[dict[str, Any]]) -> pa.Table:
    """Records as a table with the columns of ``stg_people``; what is missing is NULL."""
    rows = [
        {
            "source_system": "crm",
            "source_record_id": f"{number:06d}",
            "source": "crm_contacts",
            "created_at": datetime.fromisoformat("2025-01-01"),
            **person,
        }
        for number, person in enumerate(people)
    ]
    return pa.table(
        {name: pa.array([r.get(name) for r in rows], KINDS[kind]) for name, kind in COLUMNS.items()}
    )
