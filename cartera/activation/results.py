"""What came of lists: orders within some days of a pull, and what callers reported back.

Whoever is on a list is compared with those held out of the same pull, whom nobody wrote to. The two
are compared by orders alone, which both can place: callers report on those whom they called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from cartera import records
from cartera.activation import lists
from cartera.activation.audience import Audience
from cartera.settings import Settings

# An order within so many days of a pull counts for it.
RESPONSE_DAYS = 30
# A preview looks at no more pulls than these.
LAST_PULLS = 3


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
    """A pull as it was, and what came of it; ``is_complete``: the days that count are over."""

    pull_id: str
    pulled_at: datetime
    pulled_by: str | None
    listed: Arm
    held_out: Arm
    excluded: int
    is_complete: bool
    outcomes: dict[str, int] = field(default_factory=dict)


def gather(connection: duckdb.DuckDBPyConnection, wanted: str, values: dict[str, Any]) -> None:
    """Temp table ``bought``: each customer of the pulls ``wanted``, and what they bought then.

    A customer once per pull and arm. Who was in both arms after a merge is in neither. What was
    refunded in full is no order.
    """
    connection.execute(
        f"""
        create or replace temp table bought as
        with asked as (
            select pull_id, bucket, customer_id, min(pulled_at) as pulled_at
            from warehouse.core.fct_audience_pulls
            where bucket in ('list', 'holdout') and customer_id is not null
                and not is_in_both_arms and {wanted}
            group by pull_id, bucket, customer_id
        ),
        sums as (
            select pull_id, customer_id, count(*) as orders, sum(net_revenue) as net_revenue
            from asked join warehouse.core.fct_orders orders using (customer_id)
            where
                orders.ordered_at >= pulled_at
                and orders.ordered_at < pulled_at + to_days({RESPONSE_DAYS})
                and orders.ordered_at >= (select min(pulled_at) from asked)
                and not orders.is_fully_refunded
            group by all
        )
        select
            asked.*,
            orders is not null as has_ordered,
            coalesce(net_revenue, 0)::double as net_revenue
        from asked
        left join sums using (pull_id, customer_id)
        """,
        values,
    )


def arm(connection: duckdb.DuckDBPyConnection, bucket: str, pull_id: str | None = None) -> Arm:
    """The sums of ``bought`` for one arm, of one pull or of all."""
    row = connection.execute(
        """
        select count(*), count(*) filter (has_ordered), coalesce(sum(net_revenue), 0)
        from bought where bucket = $bucket and ($pull is null or pull_id = $pull)
        """,
        {"bucket": bucket, "pull": pull_id},
    ).fetchone()
    return Arm(*row) if row else Arm(0, 0, 0.0)


def history(
    settings: Settings, connection: duckdb.DuckDBPyConnection, audience: Audience
) -> list[PastPull]:
    """The pulls of ``audience`` that the publication knows or that wait in the inbox, newest first.

    Counts are of records as they were; arms of the customers whom they are now.
    """
    gather(connection, "audience = $audience", {"audience": audience.name})
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
    pulls = connection.execute(
        f"""
        select
            pull_id, min(pulled_at), count(*) filter (bucket = 'excluded'),
            min(pulled_at) + to_days({RESPONSE_DAYS}) <= (
                select max(as_of) from warehouse.marts.customer_360
            )
        from warehouse.core.fct_audience_pulls where audience = $audience group by pull_id
        """,
        {"audience": audience.name},
    ).fetchall()
    past = [
        PastPull(
            pull_id=pull,
            pulled_at=at,
            pulled_by=users.get(pull),
            listed=arm(connection, "list", pull),
            held_out=arm(connection, "holdout", pull),
            excluded=excluded,
            is_complete=is_complete,
            outcomes=outcomes.get(pull, {}),
        )
        for pull, at, excluded, is_complete in pulls
    ]
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
