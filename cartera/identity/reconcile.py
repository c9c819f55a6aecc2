"""A run of everybody beside one on top of the last build: they must agree, and it is told.

A build looks only at records that changed and who is near to them. Now and then one looks at
everybody again: what was carried over is of many builds, and where it went wrong (a mistake of
ours) it would otherwise go unnoticed for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartera.duck import attach, create_file
from cartera.identity.changes import KEY

CARRIED = "carried"


@dataclass(frozen=True)
class Reconciled:
    """What a run of everybody found otherwise than one on top of the last build."""

    pairs_compared: int
    pairs_that_differed: int
    records_that_moved: int
    golden_records_that_differed: int

    def __str__(self) -> str:
        again = f"all {self.pairs_compared:,} pairs compared again"
        if not (
            self.pairs_that_differed or self.records_that_moved or self.golden_records_that_differed
        ):
            return f"{again}: nothing differs"
        return (
            f"{again}: {self.pairs_that_differed:,} differ from what was carried over, "
            f"{self.records_that_moved:,} records moved and "
            f"{self.golden_records_that_differed:,} golden records read otherwise. "
            "What was found now holds"
        )


def set_aside(connection: duckdb.DuckDBPyConnection, file: Path) -> Path:
    """Attach ``contacts``, which is ``file``, as ``carried`` instead, and start it anew.

    Returns where it is now.
    """
    aside = file.with_name(f"{CARRIED}-{file.name}")
    connection.execute("detach contacts")
    file.replace(aside)
    attach(connection, aside, CARRIED, write=False)
    create_file(connection, file, "contacts")
    connection.execute("create schema contacts.contacts; drop schema work.identity cascade")
    connection.execute("create schema work.identity")
    return aside


def compare(connection: duckdb.DuckDBPyConnection, aside: Path, pairs_compared: int) -> Reconciled:
    """What ``contacts`` says otherwise than what was set ``aside``, which goes."""
    pair = (
        "source_system_a, source_record_id_a, source_system_b, source_record_id_b, "
        "round(weight, 6) as weight, decision, veto"
    )
    found = Reconciled(
        pairs_compared,
        _differing(connection, "identity_pairs", pair, 4),
        _differing(connection, "identity_map", f"{KEY}, customer_id", 2),
        _differing(connection, "golden_records", "*", 1),
    )
    connection.execute(f"detach {CARRIED}")
    aside.unlink()
    return found


def _differing(connection: duckdb.DuckDBPyConnection, table: str, columns: str, key: int) -> int:
    """How many of the keys, the first so many columns, have other rows in the two files."""
    now, then = (f"select {columns} from {name}.contacts.{table}" for name in ("contacts", CARRIED))
    keys = ", ".join(f"#{number}" for number in range(1, key + 1))
    found: int = connection.execute(
        f"""
        select count(*) from (
            select {keys} from (
                (({now}) except ({then})) union all (({then}) except ({now}))
            ) group by {keys}
        )
        """
    ).fetchall()[0][0]
    return found


def records_that_moved(connection: duckdb.DuckDBPyConnection, before: str) -> int:
    """Records whose customer has other records than in the table ``before`` (record, cluster).

    Where two customers become one, the records of the smaller move, as they do in a split.
    """
    moved: int = (
        connection.execute(
            f"""
        with parts as (
            select before.cluster as was, now.cluster as is_now, count(*) as records
            from {before} as before join work.identity.clusters as now using (record) group by all
        ),
        staying as (
            select was, is_now, records from parts
            qualify row_number() over (partition by was order by records desc, is_now) = 1
                and row_number() over (partition by is_now order by records desc, was) = 1
        )
        select (select sum(records) from parts) - (select sum(records) from staying)
        """
        ).fetchall()[0][0]
        or 0
    )
    return moved
