"""What came of the lists that were made: those on each beside those held out of it."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from cartera.activation.audience import Audience
from cartera.activation.lists import record_folder
from cartera.activation.results import PastPull, history
from cartera.desk.desk import Desk
from cartera.desk.parts import Cell, grid
from cartera.formats import NOTHING


def show(desk: Desk, audience: Audience) -> None:
    """Each pull of the audience, the newest first, for whatever campaign it was."""
    pulls = _past(desk, audience)
    if not pulls:
        desk.empty("lists.never_made")
        return
    days = max((one.response_days or 0 for one in pulls), default=0)
    if days:
        st.caption(desk.words("lists.came_is", days=days))
    rows, cells = [{"pull": one} for one in pulls], _cells(desk)
    if not any(one.outcomes for one in pulls):
        del cells["reported"]
    grid(desk, "lists", rows, cells, left=("made_by", "counted", "reported"))


def _past(desk: Desk, audience: Audience) -> list[PastPull]:
    """The history, kept until the next publication or the next record of a pull by anybody."""
    publication = desk.snapshot.publication
    folder = record_folder(desk.settings)
    records = tuple(sorted(path.name for path in folder.glob(f"*_{audience.name}-*.csv")))
    key = (audience.name, publication.publication_id, records)
    kept = st.session_state.get("lists-past")
    if kept and kept[0] == key:
        found: list[PastPull] = kept[1]
        return found
    pulls = history(desk.settings, audience, publication)
    st.session_state["lists-past"] = (key, pulls)
    return pulls


def _cells(desk: Desk) -> dict[str, Cell]:
    formats = desk.formats

    def known(one: PastPull, text: str) -> str:
        """Of a pull that no build has seen nothing is known, which is no zero."""
        return NOTHING if one.response_days is None else text

    return {
        "made": lambda row: formats.moment(row["pull"].pulled_at),
        "made_by": lambda row: row["pull"].pulled_by or NOTHING,
        "listed": lambda row: formats.number(row["pull"].listed.customers),
        "held_out": lambda row: formats.number(row["pull"].held_out.customers),
        "left_out": lambda row: formats.number(row["pull"].excluded),
        "ordered": lambda row: known(row["pull"], formats.percent(row["pull"].listed.rate)),
        "ordered_held_out": lambda row: known(
            row["pull"], formats.percent(row["pull"].held_out.rate)
        ),
        "each": lambda row: known(row["pull"], formats.money(row["pull"].listed.value, 2)),
        "each_held_out": lambda row: known(
            row["pull"], formats.money(row["pull"].held_out.value, 2)
        ),
        "counted": lambda row: _counted(desk, row["pull"]),
        "reported": lambda row: _reported(desk, row["pull"]),
    }


def _counted(desk: Desk, one: PastPull) -> str:
    """Whether the days in which orders count are over."""
    if one.response_days is None:
        return desk.words("lists.not_built")
    if one.is_complete:
        return desk.words("lists.is_over")
    end = desk.formats.local(one.pulled_at + timedelta(days=one.response_days))
    return desk.words("lists.until", day=desk.formats.day(end))


def _reported(desk: Desk, one: PastPull) -> str:
    return " · ".join(
        f"{desk.label(outcome)} {desk.formats.number(count)}"
        for outcome, count in one.outcomes.items()
    )
