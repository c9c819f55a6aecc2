"""A list before it is made: how many, how it is made up, who is left out, what to expect."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from cartera.activation import drafting
from cartera.activation.audience import Audience
from cartera.activation.neighbours import needs_contact_data
from cartera.activation.preview import Preview, preview
from cartera.activation.pull import PullReport, id_of
from cartera.activation.rule import compile_order, compile_rule
from cartera.desk.desk import Desk
from cartera.desk.drawings import bars
from cartera.desk.drawings import reasons as drawn
from cartera.desk.lists import cells
from cartera.desk.markdown import plain
from cartera.errors import CarteraError

SHOWN = 100


def previewed(desk: Desk, audience: Audience) -> Preview:
    """The preview, kept for this person until the next publication, pull or other definition.

    Raises CarteraError for a rule about contact data, for a role that may not see it.
    """
    used = needs_contact_data(_named(desk, audience))
    if used and not desk.role.sees_contact_data:
        raise CarteraError(desk.words("lists.needs_contact_data"))
    key = (id_of(audience, desk.snapshot.publication), st.session_state.get("lists-pulls", 0))
    kept = st.session_state.get("lists-preview")
    if kept and kept[0] == key:
        found: Preview = kept[1]
        return found
    with st.spinner(desk.words("lists.counting")):
        told = preview(desk.settings, audience, show=SHOWN)
    st.session_state["lists-preview"] = (key, told)
    return told


def _named(desk: Desk, audience: Audience) -> set[str]:
    """The columns that the rule and the order of an audience name."""
    columns = drafting.columns_now(desk.settings)
    order, _ = compile_order(audience.order, columns)
    return {*compile_rule(audience.rule, columns).columns, order}


def counts(desk: Desk, report: PullReport) -> None:
    """Where everybody who matches goes, and what is odd about that."""
    told = {
        "listed": report.listed,
        "held_out": report.held_out,
        "left_out": sum(report.excluded.values()),
        "matched": report.matched,
    }
    for (name, count), column in zip(told.items(), st.columns(4), strict=True):
        with column:
            st.metric(
                desk.words(f"lists.{name}"),
                desk.formats.number(count),
                help=desk.words(f"lists.{name}_is"),
                border=True,
            )
    for code in report.odd:
        st.info(desk.words(f"lists.note_{code}"), icon=":material/info:")


def parts(desk: Desk, told: Preview) -> None:
    """How the list is made up, who is left out and why, what to expect: a part for each."""
    if told.report.listed:
        with desk.part("lists.made_up"):
            _made_up(desk, told)
    left, right = st.columns(2, gap="large")
    with left, desk.part("lists.excluded"):
        _excluded(desk, told.report)
    with right, desk.part("lists.expect"):
        _expect(desk, told)


def _made_up(desk: Desk, told: Preview) -> None:
    shown = {scheme: sums for scheme, sums in told.segments.items() if sums}
    titles = {name: desk.words(f"lists.{name}") for name in ("segment", "customers")}
    for (scheme, sums), column in zip(shown.items(), st.columns(len(shown)), strict=True):
        with column:
            st.markdown(f"**{plain(desk.label(scheme))}**")
            table = pa.table({"segment": list(sums), "customers": list(sums.values())})
            desk.chart(
                bars.counts(table, "segment", "customers", desk.label, titles),
                f"list-{scheme}",
                table,
                alt=desk.words("lists.made_up_alt", scheme=desk.label(scheme)),
            )


def _excluded(desk: Desk, report: PullReport) -> None:
    if not report.excluded:
        desk.empty("lists.nobody_excluded")
        return
    told = sorted(report.excluded.items(), key=lambda item: -item[1])
    table = drawn.table(told)
    desk.chart(
        drawn.counts(table, desk.label, desk.words("lists.customers"), desk.words("lists.reason")),
        "excluded",
        table,
        alt=desk.words("lists.excluded_alt"),
    )


def _expect(desk: Desk, told: Preview) -> None:
    formats, lines = desk.formats, []
    if told.cost is not None and told.report.listed:
        lines.append(desk.words("lists.cost", amount=plain(formats.money(told.cost, 2))))
    if told.expected is None:
        lines.append(desk.words("lists.not_known"))
    else:
        lines.append(
            desk.words(
                "lists.expected",
                ordered=plain(formats.number(told.expected.ordered, 1)),
                revenue=plain(formats.money(told.expected.net_revenue)),
                pulls=told.expected.pulls,
            )
        )
        if told.expected.held_out.customers:
            lines.append(
                desk.words(
                    "lists.without",
                    listed=plain(formats.percent(told.expected.listed.rate)),
                    held_out=plain(formats.percent(told.expected.held_out.rate)),
                )
            )
    lines += [
        desk.words(
            "lists.overlap",
            customers=formats.number(other.customers),
            audience=plain(cells.name(desk, other.audience)),
            day=formats.day(formats.local(other.pulled_at)),
        )
        for other in told.overlaps
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
