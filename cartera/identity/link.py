"""Which source records are one person: block, score, guard, cluster.

Reads ``work.identity.records`` and what stewards said (``must_links``, ``cannot_links``);
writes ``work.identity.links``, ``pairs``, ``clusters``, ``shared_identifiers`` and ``kept_apart``.
The same records give the same tables in whatever order they come.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from cartera.identity import blocking, edges, guards, scoring
from cartera.identity.joining import join_judged
from cartera.identity.judging import judge
from cartera.identity.model import Model
from cartera.identity.outcome import write_outcome


@dataclass
class Linked:
    """What linking came to, and what a steward should look at."""

    blocked: blocking.Blocked
    compared: int = 0
    largest_cluster: int = 1
    refused_for_size: int = 0
    cut_for_size: int = 0
    alarms: list[str] = field(default_factory=list)


def link(connection: duckdb.DuckDBPyConnection, model: Model) -> Linked:
    """Link and cluster all records with a frozen model."""
    make_steward_tables(connection)
    guards.make_shared(connection)
    guards.make_comparable(connection)
    blocked = blocking.make_blocks(connection)
    blocking.make_candidates(connection)
    compared = scoring.score(connection, model, "candidates", "scored")
    records = connection.execute("select count(*) from work.identity.records").fetchall()[0][0]
    prior = model.prior_bits(records)
    judge(connection, model, prior)
    return join_up(connection, model, records, blocked, compared)


def join_up(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    records: int,
    blocked: blocking.Blocked,
    compared: int,
) -> Linked:
    """From ``judged`` pairs of so many records to clusters, pairs and links."""
    result = Linked(blocked, compared)
    joined = join_judged(connection, model, records)
    result.largest_cluster = joined.largest
    result.refused_for_size, result.cut_for_size = joined.refused_for_size, joined.cut_for_size
    write_outcome(connection, model)
    _sound_alarms(result)
    return result


def make_steward_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """What stewards said, empty if nobody said anything."""
    for name in ("must_links", "cannot_links"):
        connection.execute(
            f"create table if not exists work.identity.{name} "
            "(record_a bigint, record_b bigint, reason varchar)"
        )


def _sound_alarms(result: Linked) -> None:
    blocked = result.blocked
    if blocked.left_out_blocks:
        result.alarms.append(
            f"{blocked.left_out_blocks:,} values are on more than {blocked.largest} records each "
            f"({blocked.left_out_records:,} in all) and were not used to find pairs"
        )
    if result.refused_for_size:
        result.alarms.append(
            f"{result.refused_for_size:,} links were refused: they would have made a person "
            "of too many records"
        )
    if result.cut_for_size:
        result.alarms.append(
            f"{result.cut_for_size:,} links were cut, the weakest first: through them more than "
            f"{edges.LARGEST_COMPONENT} records hung together"
        )
