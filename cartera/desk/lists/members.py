"""Who is on a list, and why: for those who may see names."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cartera.activation.audience import Audience
from cartera.activation.preview import Preview
from cartera.desk.desk import Desk
from cartera.desk.figures import customers, people
from cartera.desk.lists import cells
from cartera.desk.markdown import plain
from cartera.desk.parts import grid
from cartera.desk.reasons import sentence

# Groups to act on: what they say stands in a sentence of its own.
FLAGS = ("is_valuable_decliner", "is_valuable_complainer", "is_lost_valuable")
Row = dict[str, Any]


def show(desk: Desk, audience: Audience, told: Preview) -> None:
    """The first of the list, and of one of them what put them there."""
    rows = list(told.first)
    names = people.names(desk.people, [row["customer_id"] for row in rows])
    if told.report.listed > len(rows):
        number = desk.formats.number
        st.caption(
            desk.words("lists.first", shown=number(len(rows)), all=number(told.report.listed))
        )
    left, right = st.columns([3, 2], gap="large")
    columns = [name for name in rows[0] if name not in ("customer_id", *FLAGS)][:4]
    with left:
        grid(
            desk,
            "lists",
            rows,
            {
                "customer": lambda row: names.get(str(row["customer_id"]), str(row["customer_id"])),
                **{name: _cell(desk, name) for name in columns},
            },
            headings={name: cells.column(desk, name) for name in columns},
            hints={name: cells.hint(desk, name) for name in columns},
            left=[name for name in columns if any(isinstance(row[name], str) for row in rows)],
            height=430 if len(rows) > 11 else "content",
        )
    with right:
        _why(desk, audience, rows, names)


def _cell(desk: Desk, column: str) -> Any:
    return lambda row: cells.value(desk, column, row[column])


def _why(desk: Desk, audience: Audience, rows: list[Row], names: dict[str, str]) -> None:
    by_id = {row["customer_id"]: row for row in rows}
    chosen = st.selectbox(
        desk.words("lists.why"),
        list(by_id),
        format_func=lambda customer: names.get(customer, customer),
        key=f"lists-why-{audience.name}",
    )
    if chosen is None:
        return
    with st.container(border=True):
        for alert in customers.alerts(desk.query, chosen).to_pylist():
            st.markdown(sentence(desk, alert))
        facts = [
            f"- {plain(cells.column(desk, name))}: **{plain(cells.value(desk, name, value))}**"
            for name, value in by_id[chosen].items()
            if name not in ("customer_id", *FLAGS) and value is not None
        ]
        st.markdown("\n".join(facts))
        st.caption(desk.words("lists.rule", rule=plain(audience.rule)))
        desk.link("customers", desk.words("lists.see_customer"), customer=chosen)
