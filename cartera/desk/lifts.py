"""Lifts in words: the difference, its interval and what to think of it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from cartera.desk.desk import Desk
from cartera.desk.parts import Row, of

# What the numbers are, by the names of their columns.
KNOWN = of("campaign_lift", "abs_lift", "incremental_conversions")


def intervals(desk: Desk, found: pa.Table, name: str) -> list[dict[str, Any]]:
    """The rows of a table with a lift that is known, with their verdicts in words."""
    said = desk.words
    rows = []
    for row in found.to_pylist():
        if row["abs_lift"] is None:
            continue
        reliable = bool(row["is_reliable"])
        judged = said(f"campaigns.{verdict(row)}")
        trust = said(f"campaigns.{'reliable' if reliable else 'unreliable'}")
        rows.append(
            {
                **row,
                "name": row[name],
                "is_reliable": reliable,
                "verdict": judged,
                "judged": f"{judged}. {trust}.",
                "points": points(desk, row["abs_lift"]),
                "interval": interval(desk, row),
            }
        )
    return rows


def verdict(row: Row) -> str:
    """The phrase of Campaigns for what the interval says."""
    return "significant" if row["is_significant"] else "not_significant"


def interval(desk: Desk, row: Row) -> str:
    """From where to where the difference may be, in points."""
    return f"{points(desk, row['ci_low'])} … {points(desk, row['ci_high'])}"


def points(desk: Desk, value: float | None) -> str:
    """A difference of rates in points, with its sign."""
    if value is None:
        return desk.formats.number(None)
    sign = "+" if value > 0 else ""
    return f"{sign}{desk.formats.number(value * 100, 1)} {desk.words('desk.points')}"


def interval_words(desk: Desk) -> dict[str, str]:
    """What a chart of lifts calls its parts."""
    names = (
        "name",
        "interval",
        "treated_rate",
        "holdout_rate",
        "significant",
        "not_significant",
        "axis",
    )
    told = {name: desk.words(f"campaigns.{name}") for name in names}
    return told | {"abs_lift": desk.name(KNOWN["abs_lift"])}
