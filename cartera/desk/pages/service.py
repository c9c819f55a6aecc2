"""Service: is it settled at once, do they have to come back, and whom does that concern?"""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from cartera.desk.desk import Desk
from cartera.desk.drawings import bars, lines
from cartera.desk.figures import kpis
from cartera.desk.figures import service as figures
from cartera.desk.parts import Cell, choose, grid, metrics, period

TILES = (
    "first_contact_resolution",
    "first_contact_resolution_by_value",
    "repeat_contact_rate",
    "hours_to_resolve_median",
    "case_csat",
    "rescue_rate",
)
WEIGHED = {
    "settled_at_once_share": "complaints_by_segment.settled_at_once_share",
    "weight": "complaints_by_segment.complaints_weight",
}
SETTLED = ("first_contact_resolution", "first_contact_resolution_by_value", "repeat_contact_rate")
# What waits for days to pass is of the last whole period for which they are over.
KINDS = ("quarter", "year", "month")


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("service.title", "service.lead")
    if not kpis.series(desk.query, ["complaints"], "month").num_rows:
        desk.empty("service.nothing")
        return
    metrics(desk, TILES, KINDS, in_a_row=3)
    left, right = st.columns(2, gap="large")
    with left, desk.part("service.trend", of=SETTLED):
        _trend(desk)
    with right, desk.part("service.topics"):
        _topics(desk)
    with desk.part("service.who"):
        _who(desk)


def _trend(desk: Desk) -> None:
    kind = choose(desk, "service-kind", ("quarter", "month"), "service.by")
    found = kpis.series(desk.query, SETTLED, kind)
    rows = [
        {
            "period_start": row["period_start"],
            "period": period(desk, kind, row["period_start"]),
            "name": desk.name(row["metric"]),
            "value": row["value"],
            "of": row["denominator"],
        }
        for row in found.to_pylist()
    ]
    titles = {name: desk.words(f"service.{name}") for name in ("period", "value", "of")}
    desk.chart(
        lines.rates(rows, [desk.name(metric) for metric in SETTLED], titles),
        f"service-{kind}",
        found,
        alt=desk.words("service.trend_alt"),
    )


def _topics(desk: Desk) -> None:
    found = figures.topics(desk.query, "year")
    if not found.num_rows:
        desk.empty("service.no_year")
        return
    rows = found.to_pylist()
    st.caption(desk.words("service.topics_is", year=rows[0]["period_start"].year))
    formats = desk.formats
    cells: dict[str, Cell] = {
        "topic": lambda row: desk.label(row["topic"]),
        "contacting_customers": lambda row: formats.number(row["contacting_customers"]),
        "complaints": lambda row: formats.number(row["complaints"]),
        "first_contact_resolution": lambda row: formats.percent(row["first_contact_resolution"], 0),
        "first_contact_resolution_by_value": lambda row: formats.percent(
            row["first_contact_resolution_by_value"], 0
        ),
        "repeat_contact_rate": lambda row: formats.percent(row["repeat_contact_rate"]),
        "hours_to_resolve_median": lambda row: desk.value(
            "hours_to_resolve_median", row["hours_to_resolve_median"]
        ),
    }
    grid(desk, "service", rows, cells, height=min(len(rows) * 35 + 38, 420))


def _who(desk: Desk) -> None:
    dimension = choose(desk, "service-dimension", figures.DIMENSIONS, "service.dimension")
    found = figures.complaints(desk.query, dimension)
    if not found.num_rows:
        desk.empty("service.no_complaints")
        return
    st.caption(desk.words("service.who_is"))
    left, right = st.columns([3, 4], gap="large")
    with left:
        desk.chart(
            bars.shares(
                found,
                "name",
                {
                    name: desk.words(f"service.{name}")
                    for name in ("complaints_share", "weight_share")
                },
                desk.label,
                desk.label(dimension),
            ),
            f"service-{dimension}",
            found,
            alt=desk.words("service.who_alt"),
        )
    with right:
        _figures(desk, found, dimension)


def _figures(desk: Desk, found: pa.Table, dimension: str) -> None:
    formats = desk.formats
    cells: dict[str, Cell] = {
        "member": lambda row: desk.label(row["name"]),
        "complaints": lambda row: formats.number(row["complaints"]),
        "complaints_per_100_orders": lambda row: formats.number(
            row["complaints_per_100_orders"], 2
        ),
        "settled_at_once_share": lambda row: formats.percent(row["settled_at_once_share"], 0),
        "weight": lambda row: formats.money(row["weight"]),
    }
    headings = {"member": desk.label(dimension)}
    grid(desk, "service", found.to_pylist(), cells, known=WEIGHED, headings=headings)
