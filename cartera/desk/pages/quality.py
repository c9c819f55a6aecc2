"""Data quality: what the gate said, what came in and was refused, and what waits for somebody.

What is shown of the publication is of the snapshot that all pages read; what is live (held batches,
late sources, refused builds) is what ``cartera status`` and ``cartera quality`` say.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import streamlit as st

from cartera import batches
from cartera.commands import status
from cartera.desk import charts
from cartera.desk.desk import Desk
from cartera.desk.drawings import bars, heat, told
from cartera.desk.figures import quality as figures
from cartera.desk.parts import Cell, Row, grid, metrics, numbers
from cartera.settings import Settings
from expectations.trends import BAD, MARKS, Trends, trends

KNOWN = ("identification_rate", "duplicate_rate", "completeness", "stale_rate")
BUILDS = 20
# A longer table scrolls, in pixels.
TALL = 420
# Seconds for which what is live may be as old; it reads every manifest of landing.
FRESH = 30


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("quality.title", "quality.lead")
    _publication(desk)
    with desk.part("quality.needs"):
        _needs(desk)
    with desk.part("quality.known"):
        metrics(desk, KNOWN, ("as_of", "trailing_year", "trailing_quarter", "month"))
    with desk.part("quality.gate"):
        _gate(desk, trends(desk.settings, last=BUILDS))
    with desk.part("quality.sources"):
        _sources(desk)
    with desk.part("quality.refused"):
        _refused(desk)


def _publication(desk: Desk) -> None:
    formats, row = desk.formats, desk.publication
    tiles = {
        "gate_status": desk.label(row["gate_status"]),
        "as_of": formats.day(row["as_of"]),
        "built_at": formats.moment(row["built_at"]),
        "batches": formats.number(row["batches"]),
    }
    numbers(desk, "quality", tiles, in_a_row=2)
    st.caption(
        desk.words(
            "quality.which",
            publication=row["publication_id"],
            schema=row["schema_version"],
            code=row["code_version"],
        )
    )


def _status(home: str, _settings: Settings) -> dict[str, Any]:
    """What ``cartera status`` says; ``home`` tells one home's answer from another's."""
    return status.describe(_settings)


_live: Callable[[str, Settings], dict[str, Any]] = st.cache_data(ttl=FRESH, show_spinner=False)(
    _status
)


def _needs(desk: Desk) -> None:
    lines = _live(str(desk.settings.home), desk.settings)["needs_you"]
    if not lines:
        st.success(desk.words("quality.nothing_needed"), icon=":material/check_circle:")
    for line in lines:
        # It has names of files and words of contracts, which are not to be taken for markup.
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(":material/front_hand:", width="content")
            st.text(line)


# -- the gate ------------------------------------------------------------------------------------


def _gate(desk: Desk, found: Trends) -> None:
    if not found.runs:
        desk.empty("quality.no_gate")
        return
    formats, said = desk.formats, desk.words
    failing = [rule for rule in found.rules if rule["runs"][-1]["status"] in BAD]
    st.caption(
        said(
            "quality.gate_lead",
            rules=formats.number(len(found.rules)),
            builds=formats.number(len(found.runs)),
            failing=formats.number(len(failing)),
        )
    )
    for rule in failing:
        _failing(desk, rule)
    shown = [rule for rule in found.rules if rule["failed_runs"]]
    if shown:
        _trend(desk, found, shown)
    cells: dict[str, Cell] = {
        "run": lambda run: run["run_id"],
        "checked_at": lambda run: _moment(desk, run["checked_at"]),
        "gate_status": lambda run: desk.label(run["status"]),
        "failed": lambda run: formats.number(run["failed"]),
        "accepted": lambda run: formats.number(run["accepted"]),
        "kept": lambda run: said(f"quality.{_kept(run)}"),
    }
    grid(
        desk,
        "quality",
        list(reversed(found.runs)),
        cells,
        left=("checked_at", "gate_status", "kept"),
    )


def _kept(run: Row) -> str:
    if run["is_current"]:
        return "is_current"
    return "is_kept" if run["is_kept"] else "is_gone"


def _moment(desk: Desk, told_at: str | None) -> str:
    return desk.formats.moment(datetime.fromisoformat(told_at) if told_at else None)


def _failing(desk: Desk, rule: dict[str, Any]) -> None:
    """A rule that does not hold now: what that means, what to do. Its keys are for the terminal."""
    with st.container(border=True):
        st.markdown(f":material/error: **{rule['rule']}** · {desk.label(rule['severity'])}")
        st.text(f"{rule['reason']} {rule['remedy']}")
        st.caption(
            desk.words(
                "quality.failing",
                count=desk.formats.number(rule["unexpected_count"]),
                since=rule["failing_since"],
            )
        )


def _trend(desk: Desk, found: Trends, rules: list[dict[str, Any]]) -> None:
    present = {run["status"] for rule in rules for run in rule["runs"]}
    colours = {desk.label(fate): colour for fate, colour in charts.FATES.items() if fate in present}
    rows = [
        {
            "row": rule["rule"],
            "column": run["run_id"],
            "fate": desk.label(run["status"]),
            "mark": MARKS[run["status"]],
            "count": desk.formats.number(run["unexpected_count"]),
        }
        for rule in rules
        for run in rule["runs"]
        if run["status"]
    ]
    data = pa.table(
        {
            "rule": [row["row"] for row in rows],
            "build": [row["column"] for row in rows],
            "status": [row["fate"] for row in rows],
            "count": [row["count"] for row in rows],
        }
    )
    desk.chart(
        heat.fates(
            rows,
            {"column": desk.words("quality.builds")},
            colours,
            [
                told("row", desk.words("quality.rule")),
                told("column", desk.words("quality.run")),
                told("fate", desk.words("quality.status")),
                told("count", desk.words("quality.count")),
            ],
        ),
        "quality-gate",
        data,
        alt=desk.words("quality.trend_alt", builds=len(found.runs)),
    )


# -- what came in --------------------------------------------------------------------------------


def _sources(desk: Desk) -> None:
    sources = _live(str(desk.settings.home), desk.settings)["sources"]
    if not sources:
        desk.empty("quality.no_sources")
        return
    formats, said = desk.formats, desk.words
    cells: dict[str, Cell] = {
        "system": lambda row: row["system"],
        "source": lambda row: ".".join(filter(None, (row["source"], row["part"]))),
        "last_partition": lambda row: formats.day(_day(row["last_partition"])),
        "late": lambda row: said("quality.is_late") if row["is_late"] else "",
        "batches_in": lambda row: formats.number(row["batches"]),
        "received": lambda row: formats.number(row["received"]),
        "held": lambda row: formats.number(row["held"]) if row["held"] else "",
        "drift": lambda row: row["drift"],
    }
    rows = sorted(sources, key=lambda row: (not row["held"], not row["is_late"]))
    # What is true of none is not worth a column.
    told_of = {name: cell for name, cell in cells.items() if any(cell(row) for row in rows)}
    left = ("source", "last_partition", "late", "drift")
    grid(desk, "quality", rows, told_of, left=left, height=min(len(rows) * 35 + 38, TALL))


def _day(partition: str) -> date:
    return date.fromisoformat(partition)


def _refused(desk: Desk) -> None:
    found = figures.quarantine(desk.query)
    total = sum(found["quarantined"].to_pylist())
    rules = batches.rejected_by_rule(batches.scan(desk.settings))
    if not total and not rules:
        st.success(desk.words("quality.none_refused"), icon=":material/check_circle:")
        return
    received = sum(found["received"].to_pylist())
    formats = desk.formats
    st.caption(
        desk.words(
            "quality.refused_lead",
            refused=formats.number(total),
            received=formats.number(received),
            share=formats.percent(total / received if received else None, 2),
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        shown = pa.Table.from_pylist(
            [
                {**row, "name": f"{row['system']} {row['source']}"}
                for row in found.to_pylist()
                if row["quarantined"]
            ]
        )
        desk.chart(
            bars.counts(
                shown,
                "name",
                "reject_rate",
                desk.label,
                {
                    "name": desk.words("quality.source"),
                    "reject_rate": desk.words("quality.reject_rate"),
                },
                form=".2%",
            ),
            "quality-refused",
            found,
            alt=desk.words("quality.refused_alt"),
        )
    with right:
        columns = ("system", "source", "rule", "records")
        ordered = sorted(rules, key=lambda row: -row[-1])
        counted = [dict(zip(columns, row, strict=True)) for row in ordered]
        cells: dict[str, Cell] = {
            "system": lambda row: row["system"],
            "source": lambda row: row["source"],
            "rule": lambda row: row["rule"],
            "records": lambda row: formats.number(row["records"]),
        }
        height = min(len(counted) * 35 + 38, TALL)
        grid(desk, "quality", counted, cells, left=("source", "rule"), height=height)
