"""What came of lists: orders in the days from a pull on, and what callers reported back.

Whoever is on a list is compared with those held out of the same pull, whom nobody wrote to. The two
are compared by orders alone, which both can place: callers report on those whom they called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from cartera import records
from cartera.activation import lists
from cartera.activation.audience import Audience
from cartera.activation.members import attach_warehouse
from cartera.duck import confine, connect, without_pandas
from cartera.publications import Publication
from cartera.settings import Settings

# One row of ``marts.list_results``, and its columns of one arm after the arm's name.
Row = dict[str, Any]
ARM = ("", "_buyers", "_net_revenue")


@dataclass(frozen=True)
class Arm:
    """Customers on the list, or held out: how many ordered, and what they brought."""

    customers: int
    ordered: int
    net_revenue: float

    @property
    def rate(self) -> float | None:
        return self.ordered / self.customers if self.customers else None

    @property
    def value(self) -> float | None:
        """Net revenue per customer."""
        return self.net_revenue / self.customers if self.customers else None


@dataclass(frozen=True)
class PastPull:
    """A pull as it was, and what came of it; ``is_complete``: the days that count are over.

    ``response_days`` is None of a pull that no build has seen.
    """

    pull_id: str
    pulled_at: datetime
    pulled_by: str | None
    listed: Arm
    held_out: Arm
    excluded: int
    is_complete: bool
    response_days: int | None = None
    outcomes: dict[str, int] = field(default_factory=dict)


def arms(results: Iterable[Row]) -> tuple[Arm, Arm]:
    """Those listed and those held out, of all these rows of ``marts.list_results`` together."""
    rows = list(results)
    return (
        Arm(*(sum(row[f"listed{name}"] for row in rows) for name in ARM)),
        Arm(*(sum(row[f"held_out{name}"] for row in rows) for name in ARM)),
    )


def of_pulls(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """``marts.list_results`` of the publication, the newest pull first."""
    cursor = connection.execute(
        """
        select * replace (
            listed_net_revenue::double as listed_net_revenue,
            held_out_net_revenue::double as held_out_net_revenue
        )
        from warehouse.marts.list_results order by pulled_at desc, pull_id
        """
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def history(settings: Settings, audience: Audience, publication: Publication) -> list[PastPull]:
    """The pulls of ``audience`` that the publication knows or that wait in the inbox, newest first.

    Counts are of records as they were; arms of the customers whom they are now.
    """
    with without_pandas(), connect(settings) as connection:
        attach_warehouse(connection, publication)
        confine(connection, lists.record_folder(settings))
        return _history(settings, connection, audience)


def _history(
    settings: Settings, connection: duckdb.DuckDBPyConnection, audience: Audience
) -> list[PastPull]:
    users = {
        e["pull_id"]: e.get("user")
        for e in records.read(settings, "access")
        if e.get("event") == "pull"
    }
    outcomes: dict[str, dict[str, int]] = {}
    for pull, outcome, number in connection.execute(
        """
        select pull_id, outcome, count(*) from warehouse.core.fct_contact_outcomes
        where pull_id is not null group by all order by all
        """
    ).fetchall():
        outcomes.setdefault(pull, {})[outcome] = number
    past = []
    for row in of_pulls(connection):
        if row["audience"] == audience.name:
            listed, held_out = arms([row])
            past.append(
                PastPull(
                    pull_id=row["pull_id"],
                    pulled_at=row["pulled_at"],
                    pulled_by=users.get(row["pull_id"]),
                    listed=listed,
                    held_out=held_out,
                    excluded=row["excluded"],
                    is_complete=row["is_over"],
                    response_days=row["response_days"],
                    outcomes=outcomes.get(row["pull_id"], {}),
                )
            )
    waiting = _waiting(settings, connection, audience, {p.pull_id for p in past}, users)
    return sorted([*past, *waiting], key=lambda one: one.pulled_at, reverse=True)


def _waiting(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    audience: Audience,
    known: set[str],
    users: dict[str, Any],
) -> list[PastPull]:
    """Pulls that no build has seen: nothing came of them that is known."""
    found = []
    for path in lists.waiting(settings, known):
        # The record of another's list may have a million lines, and its name says whose it is.
        if f"_{audience.name}-" not in path.name:
            continue
        row = connection.execute(
            f"""
            select any_value(audience), any_value(pull_id), max(pulled_at)[:19]::timestamp,
                count(*) filter (bucket = 'list'), count(*) filter (bucket = 'holdout'),
                count(*) filter (bucket = 'excluded')
            from {lists.read_records([path])}
            """
        ).fetchone()
        if row and row[0] == audience.name:
            _, pull, at, listed, held_out, excluded = row
            found.append(
                PastPull(
                    pull,
                    at,
                    users.get(pull),
                    Arm(listed, 0, 0.0),
                    Arm(held_out, 0, 0.0),
                    excluded,
                    is_complete=False,
                )
            )
    return found
