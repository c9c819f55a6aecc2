"""How ``cartera audience`` shows what it found."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cartera.activation.comparing import Comparison
from cartera.activation.preview import Preview
from cartera.activation.pull import PullReport
from cartera.activation.results import PastPull
from cartera.console import err, show_json, show_line, show_note, show_table


def show_pull(report: PullReport, *, json: bool) -> None:
    """Where everyone who matched went."""
    if json:
        show_json(asdict(report))
        return
    rows = [
        ("on the list", report.listed),
        ("held out", report.held_out),
        *((f"excluded: {why.replace('_', ' ')}", n) for why, n in report.excluded.items()),
        ("matched in all", report.matched),
    ]
    show_table(f"{report.audience}, from {report.publication_id}", ["who", "customers"], rows)
    for note in report.notes:
        show_note("note", note, to=err)
    for file in report.files.values():
        show_line(f"The list is in {file}")


def show_preview(told: Preview, *, json: bool) -> None:
    """Where everyone would go, and what is known of such lists."""
    if json:
        show_json({**asdict(told.report), **asdict(told), "cost": told.cost})
        return
    show_pull(told.report, json=False)
    for column, sums in told.segments.items():
        if sums:
            show_table(f"The list by {column}", [column, "customers"], sums.items())
    if told.overlaps:
        show_table(
            "Also on lists of late",
            ["audience", "pull", "customers"],
            [(one.audience, one.pull_id, one.customers) for one in told.overlaps],
        )
    _show_expected(told)


def _show_expected(told: Preview) -> None:
    rows: list[tuple[str, Any]] = []
    if told.expected is None:
        rows.append(("expected to order", "unknown: no pull like it is old enough"))
    else:
        one = told.expected
        rows += [
            ("expected to order", one.ordered),
            ("expected net revenue", one.net_revenue),
            ("ordered before", _percent(one.listed.rate)),
            ("held out, and ordered", _percent(one.held_out.rate)),
            ("known from", f"{one.pulls} {one.basis}, {one.listed.customers:,} customers"),
        ]
    rows.append(("cost of contacting them", told.cost))
    show_table("What to expect", ["what", "value"], rows)


def show_history(name: str, pulls: list[PastPull], *, json: bool) -> None:
    """Each pull with its two arms, and what callers reported."""
    if json:
        show_json([asdict(one) for one in pulls])
        return
    days = max((one.response_days or 0 for one in pulls), default=0)
    show_table(
        f"{len(pulls)} pulls of {name}" + (f"; ordered is within {days} days" if days else ""),
        [
            *("pulled at", "by", "listed", "held out", "excluded", "ordered"),
            *("held out ordered", "revenue each", "held out each", "reported"),
        ],
        [
            (
                f"{one.pulled_at:%Y-%m-%d %H:%M}" + ("" if one.is_complete else " (running)"),
                one.pulled_by,
                one.listed.customers,
                one.held_out.customers,
                one.excluded,
                _percent(one.listed.rate),
                _percent(one.held_out.rate),
                one.listed.value,
                one.held_out.value,
                one.outcomes,
            )
            for one in pulls
        ],
    )


def show_comparison(told: Comparison, *, json: bool) -> None:
    """Who is on both lists, by segment."""
    if json:
        show_json(asdict(told))
        return
    first, second = told.first, told.second
    show_line(f"{told.both:,} are on both lists, of {first.listed:,} and {second.listed:,}")
    show_table(
        "By segment",
        ["segment", f"{first.audience} alone", "both", f"{second.audience} alone"],
        [(segment, *numbers) for segment, numbers in told.segments.items()],
    )


def _percent(rate: float | None) -> str | None:
    return None if rate is None else f"{rate:.1%}"
