"""A run from nothing beside one with what was kept: they must agree, and this says if they do.

A build looks only at records that are new or changed. Now and then one looks at all of them
again: what is kept is a cache, and one that went wrong (a mistake of ours) would otherwise go
unnoticed for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from cartera.identity.link import Linked


@dataclass(frozen=True)
class Reconciled:
    """What a run from nothing found otherwise than one with what was kept."""

    pairs_compared: int
    pairs_that_differed: int
    records_that_moved: int

    def __str__(self) -> str:
        if not self.pairs_that_differed and not self.records_that_moved:
            return f"all {self.pairs_compared:,} pairs compared again: nothing differs"
        return (
            f"all {self.pairs_compared:,} pairs compared again: {self.pairs_that_differed:,} "
            f"differ from those kept, and {self.records_that_moved:,} records moved. "
            "What was found now holds"
        )


def remember(connection: duckdb.DuckDBPyConnection) -> None:
    """Set aside what linking came to, for ``compare`` after it has been done again."""
    for name in ("clusters", "pairs"):
        connection.execute(f"create or replace temp table kept_{name} as from work.identity.{name}")


def compare(connection: duckdb.DuckDBPyConnection, linked: Linked) -> Reconciled:
    """What ``linked`` found otherwise than what was set aside."""
    moved = records_that_moved(connection, "kept_clusters")
    columns = "record_a, record_b, round(weight, 6) as weight, decision, veto"
    differed: int = connection.execute(
        f"""
        select count(distinct (record_a, record_b)) from (
            (select {columns} from kept_pairs except select {columns} from work.identity.pairs)
            union all
            (select {columns} from work.identity.pairs except select {columns} from kept_pairs)
        )
        """
    ).fetchall()[0][0]
    connection.execute("drop table kept_clusters; drop table kept_pairs")
    return Reconciled(linked.compared, differed, moved)


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
