"""Overview: where we stand, what needs somebody now, and what the last publication changed."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import streamlit as st

from cartera import publications
from cartera.comparing import GONE, NEW, Comparison, compare
from cartera.desk.desk import Desk
from cartera.desk.drawings import months
from cartera.desk.figures import overview as figures
from cartera.desk.markdown import plain
from cartera.desk.parts import grid
from cartera.errors import UsageError
from cartera.publications import Publication

TILES = (
    "net_revenue",
    "orders",
    "buyers",
    "new_buyers",
    "average_order_value",
    "repeat_rate",
    "identification_rate",
    "complaints_per_100_orders",
)
IN_A_ROW = 4
# What a month's comparison tells, of all metrics.
COMPARED = ("net_revenue", "orders", "buyers", "new_buyers", "retention_rate")


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("overview.title", "overview.lead")
    with desk.part():
        _tiles(desk)
    with desk.part("overview.act"):
        _groups(desk)
    left, right = st.columns([3, 2], gap="large")
    with left, desk.part("overview.revenue", of=["net_revenue"]):
        _revenue(desk)
    with right, desk.part("overview.objectives"):
        _objectives(desk)
    with desk.part("overview.changed"):
        _changed(desk)


def _tiles(desk: Desk) -> None:
    rows = figures.pasts(desk.query, TILES).to_pylist()
    if not rows:
        desk.empty("overview.no_month")
        return
    for first in range(0, len(rows), IN_A_ROW):
        for row, column in zip(rows[first : first + IN_A_ROW], st.columns(IN_A_ROW), strict=False):
            before, now = [None, *row["values"]][-2:]
            with column:
                desk.tile(row["metric"], now, before, line=row["values"])
    st.caption(desk.words("overview.month_of", month=desk.formats.month(rows[0]["periods"][-1])))


def _groups(desk: Desk) -> None:
    """The four groups to look for first, each with the way to its list."""
    found = {row["kind"]: row for row in figures.groups(desk.query).to_pylist()}
    columns = [*st.columns(2), *st.columns(2)]
    for (kind, audience), column in zip(figures.GROUPS.items(), columns, strict=True):
        row = found.get(kind)
        with column, st.container(border=True, height="stretch"):
            customers = desk.formats.number(row["customers"] if row else 0)
            who = desk.words(f"overview.{kind}_who")
            st.metric(desk.words(f"overview.{kind}"), customers, help=who)
            st.caption(_stake(desk, kind, row))
            desk.link("lists", desk.words("overview.see_list"), audience=audience)


def _stake(desk: Desk, kind: str, row: dict[str, Any] | None) -> str:
    if row is None:
        return desk.words("overview.nobody")
    amount = "contribution" if kind == "worst_candidate" else "net_revenue"
    return desk.words(
        f"overview.{kind}_is",
        amount=plain(desk.formats.money(row[amount])),
        urgent=desk.formats.number(row["urgent"]),
    )


def _revenue(desk: Desk) -> None:
    found = figures.revenue(desk.query)
    if not found.num_rows:
        desk.empty("overview.no_month")
        return
    titles = {
        "month": desk.words("overview.month"),
        "now": desk.name("net_revenue"),
        "before": desk.words("overview.year_before"),
        "axis": desk.publication["reporting_currency"],
    }
    desk.chart(
        months.with_year_before(found, desk.formats.month, titles),
        "revenue",
        found,
        alt=desk.words("overview.revenue_alt"),
    )


def _objectives(desk: Desk) -> None:
    rows = figures.objectives(desk.query).to_pylist()
    if not rows:
        desk.empty("overview.no_objectives")
        return
    for row in rows:
        _objective(desk, row)


def _objective(desk: Desk, row: dict[str, Any]) -> None:
    """Name, where it stands and how it goes: in words beside the colour."""
    state, colour, icon = (
        ("reached", "green", "check_circle")
        if row["is_reached"]
        else ("unknown", "gray", "help")
        if row["actual"] is None
        else ("on_track", "blue", "trending_up")
        if row["is_on_track"]
        else ("behind", "orange", "warning")
    )
    metric = row["metric"]
    name = desk.name(metric)
    if row["segment"]:
        name = f"{name} · {desk.label(row['segment'])}"
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(f"**{plain(name)}**", help=desk.define(metric), width="content")
            st.badge(desk.words(f"overview.{state}"), icon=f":material/{icon}:", color=colour)
        st.caption(
            desk.words(
                "overview.objective",
                actual=plain(desk.value(metric, row["actual"])),
                target=plain(desk.value(metric, row["target"])),
                until=desk.formats.day(row["period_end"]),
            )
        )


def _changed(desk: Desk) -> None:
    try:
        before, now = publications.last_two(desk.settings)
    except UsageError:
        desk.empty("overview.first")
        return
    if now.publication_id != desk.snapshot.publication.publication_id:
        # One was published while this page was drawn; the next click tells of it.
        desk.empty("overview.just_published")
        return
    found = _compared(before, now)
    st.caption(
        desk.words(
            "overview.since",
            day=desk.formats.day(found.was["as_of"]),
            moment=desk.formats.moment(found.was["built_at"]),
        )
    )
    people = found.customers
    for name, column in zip(("new", "merged", "gone"), st.columns(3), strict=True):
        with column:
            st.metric(
                desk.words(f"overview.customers_{name}"),
                desk.formats.number(people[name]),
                help=desk.words(f"overview.customers_{name}_is"),
                border=True,
            )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{desk.words('overview.figures')}**")
        _figures(desk, found)
    with right:
        st.markdown(f"**{desk.words('overview.moves')}**")
        _moves(desk, found)


@lru_cache(maxsize=4)
def _compared(before: Publication, now: Publication) -> Comparison:
    """What is published never changes, so two are compared once for all who look."""
    return compare(before, now, months=2)


def _figures(desk: Desk, found: Comparison) -> None:
    rows = [row for row in found.kpis if row["is_changed"] and row["metric"] in COMPARED]
    if not rows:
        desk.empty("overview.same_figures")
        return
    grid(
        desk,
        "overview",
        rows,
        {
            "metric": lambda row: desk.name(row["metric"]),
            "month": lambda row: desk.formats.month(date.fromisoformat(row["month"])),
            "was": lambda row: desk.value(row["metric"], row["was"]),
            "now": lambda row: desk.value(row["metric"], row["now"]),
        },
        left=("month",),
    )


def _moves(desk: Desk, found: Comparison) -> None:
    rows = [row for row in found.segments if row["is_move"] and row["scheme"] == "rfm_segment"]
    if not rows:
        desk.empty("overview.same_segments")
        return
    grid(
        desk,
        "overview",
        rows[:12],
        {
            "from": lambda row: _segment(desk, row["from"]),
            "to": lambda row: _segment(desk, row["to"]),
            "customers": lambda row: desk.formats.number(row["customers"]),
        },
        left=("to",),
    )


def _segment(desk: Desk, name: str) -> str:
    special = {NEW: "overview.was_new", GONE: "overview.is_gone"}
    return desk.words(special[name]) if name in special else desk.label(name)
