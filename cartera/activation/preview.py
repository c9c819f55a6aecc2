"""What a pull would be, before it is one: who, how many, what to expect, at what cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from cartera.activation import lists, members, results
from cartera.activation.audience import CONTACT_FIELDS, Audience
from cartera.activation.members import Checked
from cartera.activation.neighbours import needs_contact_data, people
from cartera.activation.pull import PullReport, count, current_publication, id_of
from cartera.activation.results import Arm
from cartera.duck import confine, connect, identifier, without_pandas
from cartera.settings import Settings

# Of these columns a preview shows how the list is made up.
SEGMENTS = ("rfm_segment", "abc_class", "value_tier")
COST_DAYS = 365
# What to expect is what so many lists brought.
LAST_PULLS = 3


@dataclass(frozen=True)
class Expected:
    """What lists of before say of this one; ``basis`` says which ones they are.

    ``ordered`` are customers and ``net_revenue`` what they bring, with the list and without: what
    it brings is the difference between the arms.
    """

    basis: str
    pulls: int
    listed: Arm
    held_out: Arm
    ordered: float
    net_revenue: float


@dataclass(frozen=True)
class Overlap:
    """How many of the list were on another of late."""

    pull_id: str
    audience: str
    customers: int
    pulled_at: datetime


@dataclass(frozen=True)
class Preview:
    """A pull that nobody made. What nobody can know is None.

    ``first`` are those at the top of the list, with what the rule and the order look at and the
    fields that are no contact data.
    """

    report: PullReport
    segments: dict[str, dict[str, int]] = field(default_factory=dict)
    overlaps: tuple[Overlap, ...] = ()
    expected: Expected | None = None
    cost_per_contact: float | None = None
    first: tuple[dict[str, Any], ...] = ()

    @property
    def cost(self) -> float | None:
        """Of contacting everyone on the list once."""
        unit = self.cost_per_contact
        return None if unit is None else round(unit * self.report.listed, 2)


def preview(settings: Settings, audience: Audience, *, show: int = 0) -> Preview:
    """What pulling ``audience`` now would give; shows nobody's contact data, writes no list.

    That it read contact data, for a rule that needs it, goes on the record.
    ``show`` is how many of the list are told, by their ids.
    """
    publication = current_publication(settings)
    with without_pandas(), connect(settings) as connection:
        checked = members.open_for(settings, connection, audience, publication, event="preview")
        confine(connection, lists.record_folder(settings))
        pull_id = id_of(audience, publication)
        members.place(settings, connection, audience, checked, pull_id, beside=SEGMENTS)
        report = count(connection, audience, publication)
        if not audience.cap:
            lists.recall(settings, connection, lists.RECENT_DAYS)
        return Preview(
            report=report,
            segments=_segments(connection),
            overlaps=_overlaps(connection, pull_id),
            expected=_expected(connection, audience, report.listed),
            cost_per_contact=_unit_cost(connection, audience),
            first=_first(connection, audience, checked, show) if show else (),
        )


def _segments(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    listed = connection.execute(
        f"""
        select {", ".join(SEGMENTS)}, count(*)
        from members where bucket = 'list' group by all
        """
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for position, name in enumerate(SEGMENTS):
        sums: dict[str, int] = {}
        for row in listed:
            sums[row[position] or "(none)"] = sums.get(row[position] or "(none)", 0) + row[-1]
        found[name] = dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
    return found


def _first(
    connection: duckdb.DuckDBPyConnection, audience: Audience, checked: Checked, show: int
) -> tuple[dict[str, Any], ...]:
    looked_at = dict.fromkeys([checked.order, *sorted(checked.columns), *audience.fields])
    named = [
        name
        for name in looked_at
        if name not in (*CONTACT_FIELDS, "customer_id") and not needs_contact_data([name])
    ]
    # The order may be by what is not told.
    rows = people(connection, [*named, checked.order])
    columns = ", ".join(map(identifier, ["customer_id", *named]))
    cursor = connection.execute(
        f"""
        select {columns} from ({rows})
        where customer_id in (select customer_id from members where bucket = 'list')
        order by {checked.sorting} limit $show
        """,
        {"show": show},
    )
    names = [column[0] for column in cursor.description]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def _overlaps(connection: duckdb.DuckDBPyConnection, pull_id: str) -> tuple[Overlap, ...]:
    rows = connection.execute(
        """
        select pull_id, audience, customers, pulled_at
        from (
            select number, count(*) as customers from recent
            where customer in (select hash(customer_id) from members where bucket = 'list')
            group by number
        )
        join recent_pulls using (number)
        where pull_id <> $pull order by customers desc, pull_id limit 10
        """,
        {"pull": pull_id},
    ).fetchall()
    return tuple(Overlap(*row) for row in rows)


def _expected(
    connection: duckdb.DuckDBPyConnection, audience: Audience, listed: int
) -> Expected | None:
    """By the last pulls of this audience whose days are over, else by its channel's."""
    over = [row for row in results.of_pulls(connection) if row["is_over"]]
    choices = [(f"pulls of {audience.name}", "audience", audience.name)]
    if audience.channel and audience.purpose == "marketing":
        choices.append((f"lists by {audience.channel}", "channel", audience.channel))
    for basis, column, value in choices:
        pulls = [row for row in over if row[column] == value][:LAST_PULLS]
        on_list, held_out = results.arms(pulls)
        if on_list.customers:
            return Expected(
                basis=basis,
                pulls=len(pulls),
                listed=on_list,
                held_out=held_out,
                ordered=round(listed * (on_list.rate or 0), 1),
                net_revenue=round(listed * (on_list.value or 0), 2),
            )
    return None


def _unit_cost(connection: duckdb.DuckDBPyConnection, audience: Audience) -> float | None:
    """What a contact by this channel cost in the last year; nobody is contacted for nothing."""
    if not audience.channel:
        return 0.0
    row = connection.execute(
        f"select max(as_of) - {COST_DAYS} from warehouse.marts.customer_360"
    ).fetchone()
    # Bound, so that blocks of older days are not read.
    cost = connection.execute(
        """
        select avg(cost)::double from warehouse.core.fct_touchpoints
        where touch_date >= $since and direction = 'out' and channel = $channel
        """,
        {"channel": audience.channel, "since": row[0] if row else None},
    ).fetchone()
    return cost[0] if cost else None
