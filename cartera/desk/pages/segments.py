"""Segments: how large, how they grew, who went where, and on whom effort is spent."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from cartera.desk.desk import Desk
from cartera.desk.drawings import Label, bars, flow, lines
from cartera.desk.figures import segments as figures
from cartera.desk.parts import Cell, choose, grid, of

EFFORT = (
    "customers_share",
    "contacts_share",
    "contact_cost_share",
    "case_hours_share",
    "contribution_share",
)


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("segments.title", "segments.lead")
    scheme = choose(desk, "segments-scheme", figures.SCHEMES, "segments.scheme")
    st.caption(desk.words(f"segments.{scheme}_is"))
    with desk.part("segments.sizes"):
        _sizes(desk, scheme)
    if scheme in figures.WITH_HISTORY:
        with desk.part("segments.history"):
            _history(desk, scheme)
        with desk.part("segments.flows"):
            _flows(desk, scheme)
    else:
        st.caption(desk.words("segments.no_history"))
    if scheme == "abc_class":
        with desk.part("segments.effort"):
            _effort(desk)


def _sizes(desk: Desk, scheme: str) -> None:
    found = figures.sizes(desk.query, scheme)
    if not found.num_rows:
        desk.empty("segments.nobody")
        return
    measures = {
        name: desk.words(f"segments.{name}") for name in ("customers_share", "contribution_share")
    }
    left, right = st.columns([3, 4], gap="large")
    with left:
        desk.chart(
            bars.shares(
                found,
                "segment",
                measures,
                _label(desk),
                desk.words("segments.segment"),
                lambda segment: _about(desk, str(segment)),
            ),
            f"segments-{scheme}",
            found,
            alt=desk.words("segments.sizes_alt", scheme=desk.label(scheme)),
        )
    with right:
        _definitions(desk, found)


def _definitions(desk: Desk, found: pa.Table) -> None:
    """The same in figures, and what each segment is."""
    rows, formats, label = found.to_pylist(), desk.formats, _label(desk)
    cells: dict[str, Cell] = {
        "segment": lambda row: label(row["segment"]),
        "customers": lambda row: formats.number(row["customers"]),
        "contribution": lambda row: formats.money(row["contribution"]),
        "clv": lambda row: formats.money(row["clv"]),
    }
    # The metric called contribution is that of orders, before what contacts and service cost.
    grid(desk, "segments", rows, cells, known=of("customer_360", "contribution", "clv"))
    with st.expander(desk.words("segments.about"), icon=":material/info:"):
        for row in rows:
            st.markdown(f"**{label(row['segment'])}**: {_about(desk, row['segment'])}")


def _label(desk: Desk) -> Label:
    """Segments in words; who has none has never ordered."""
    return lambda value: (
        desk.words("segments.never") if value == figures.NOBODY else desk.label(value)
    )


def _about(desk: Desk, segment: str) -> str:
    """What a segment is; a company's own has no definition here."""
    try:
        return desk.words(f"about.{segment}")
    except KeyError:
        return ""


def _history(desk: Desk, scheme: str) -> None:
    found = figures.history(desk.query, scheme)
    if len(set(found["month_end"].to_pylist())) < 2:
        desk.empty("segments.one_month")
        return
    present = set(found["segment"].to_pylist())
    desk.chart(
        lines.areas(
            found,
            [segment for segment in figures.SCHEMES[scheme] if segment in present],
            desk.label,
            {name: desk.words(f"segments.{name}") for name in ("month", "segment", "customers")},
        ),
        f"segments-history-{scheme}",
        found,
        alt=desk.words("segments.history_alt", scheme=desk.label(scheme)),
    )


def _flows(desk: Desk, scheme: str) -> None:
    ends = figures.month_ends(desk.query)
    if len(ends) < 2:
        desk.empty("segments.one_month")
        return
    left, middle, right = st.columns(3)
    formats = desk.formats
    with left:
        first = st.selectbox(
            desk.words("segments.from"), ends[1:], format_func=formats.day, key="segments-from"
        )
    later = [end for end in ends if end > first]
    with middle:
        last = st.selectbox(
            desk.words("segments.to"), later, format_func=formats.day, key="segments-to"
        )
    with right:
        follow = st.selectbox(
            desk.words("segments.follow"),
            [None, *figures.SCHEMES[scheme]],
            format_func=lambda value: desk.label(value) if value else desk.words("segments.all"),
            key=f"segments-follow-{scheme}",
        )
    found = figures.flows(desk.query, scheme, first, last)
    if not found.num_rows:
        desk.empty("segments.nobody")
        return
    rows = found.to_pylist()
    everybody = sum(row["customers"] for row in rows)
    moved = sum(
        row["customers"] for row in rows if row["is_move"] and row["from_segment"] != "(new)"
    )
    new = sum(row["customers"] for row in rows if row["from_segment"] == "(new)")
    st.caption(
        desk.words(
            "segments.flows_lead",
            moved=formats.number(moved),
            share=formats.percent(moved / (everybody - new) if everybody > new else None),
            new=formats.number(new),
        )
    )
    words = {
        name: desk.words(f"segments.{name}")
        for name in ("from", "to", "customers", flow.STAYED, flow.OTHER)
    }
    name = desk.label(follow) if follow else ""
    words |= {
        "share": desk.words("segments.share_of_from"),
        flow.INTO: desk.words("segments.into", segment=name),
        flow.OUT_OF: desk.words("segments.out_of", segment=name),
    }
    if follow:
        words[flow.STAYED] = desk.words("segments.others")
    desk.chart(
        flow.draw(rows, figures.SCHEMES[scheme], desk.label, words, follow),
        f"segments-flows-{scheme}",
        found,
        alt=desk.words("segments.flows_alt", first=formats.day(first), last=formats.day(last)),
    )


def _effort(desk: Desk) -> None:
    found = figures.effort(desk.query)
    if not found.num_rows:
        desk.empty("segments.nobody")
        return
    desk.chart(
        bars.shares(
            found,
            "abc_class",
            {name: desk.words(f"segments.{name}") for name in EFFORT},
            _label(desk),
            desk.words("segments.segment"),
        ),
        "segments-effort",
        found,
        alt=desk.words("segments.effort_alt"),
    )
