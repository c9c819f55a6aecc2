"""What several pages show alike, beside what the desk itself does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import pyarrow as pa
import streamlit as st

from cartera.desk import words
from cartera.desk.desk import Desk
from cartera.desk.figures import kpis
from cartera.metrics import registry

Chosen = TypeVar("Chosen")
Row = Mapping[str, Any]
Cell = Callable[[Row], str]


def numbers(desk: Desk, page: str, told: Mapping[str, str]) -> None:
    """Tiles in a row of numbers that are no metrics of the registry, already in words.

    Each is called by its phrase of ``page``, and defined on hover by the phrase with ``_is``.
    """
    for column, (name, value) in zip(st.columns(len(told)), told.items(), strict=True):
        with column:
            st.metric(
                desk.words(f"{page}.{name}"),
                value,
                help=desk.words(f"{page}.{name}_is"),
                border=True,
                height="stretch",
            )


def metrics(desk: Desk, names: Sequence[str], kinds: Sequence[str], *, in_a_row: int = 6) -> None:
    """Tiles: the last known value of each metric of the registry that has one.

    ``kinds`` are kinds of periods, the one that is wanted most first. Below stands what period the
    values are of, once where it is the same for all.
    """
    found = {row["metric"]: row for row in kpis.latest(desk.query, names, kinds).to_pylist()}
    rows = [found[name] for name in names if name in found]
    if not rows:
        desk.empty()
        return
    periods = [period(desk, row["period_kind"], row["period_start"]) for row in rows]
    is_one = len(set(periods)) == 1
    for first in range(0, len(rows), in_a_row):
        columns = st.columns(min(in_a_row, len(rows)))
        shown = slice(first, first + in_a_row)
        for row, when, column in zip(rows[shown], periods[shown], columns, strict=False):
            with column:
                desk.tile(row["metric"], row["value"], row["value_before"])
                if not is_one:
                    st.caption(when)
    notes = [periods[0]] if is_one else []
    if any(row["value_before"] is not None for row in rows):
        notes.append(desk.words("parts.changes"))
    if notes:
        st.caption(" · ".join(notes))


def period(desk: Desk, kind: str, start: date) -> str:
    """A period as its reader calls it: 2025, the third quarter of 2026, the last twelve months."""
    if kind == "as_of":
        return desk.words("parts.as_of", day=desk.formats.day(start))
    return desk.words(
        f"parts.{kind}",
        year=start.year,
        quarter=(start.month + 2) // 3,
        month=desk.formats.month(start),
    )


def grid(
    desk: Desk,
    page: str,
    rows: Sequence[Row],
    cells: Mapping[str, Cell],
    *,
    headings: Mapping[str, str] | None = None,
    left: Collection[str] = (),
    height: int | str = "content",
) -> None:
    """A table of text: for each row what ``cells`` say of it, by the names of its columns.

    A column is headed by its phrase of ``page``, or by ``headings``, and defined on hover: by the
    phrase with ``_is``, else by the registry where it is a metric. The first column and those of
    ``left`` are words, the others numbers. ``height`` in pixels is where it begins to scroll.
    """
    known = words.phrases(desk.language)
    columns = {
        name: st.column_config.TextColumn(
            (headings or {}).get(name) or desk.words(f"{page}.{name}"),
            help=known.get(f"{page}.{name}_is")
            or (desk.define(name) if name in registry() else None),
            alignment="left" if place == 0 or name in left else "right",
        )
        for place, name in enumerate(cells)
    }
    shown = {name: [cell(row) for row in rows] for name, cell in cells.items()}
    desk.table(pa.table(shown), columns, height=height)


def choose(desk: Desk, key: str, options: Iterable[Chosen], label: str) -> Chosen:
    """One of ``options`` by buttons in a row; the first until somebody chooses."""
    listed = list(options)
    chosen = st.segmented_control(
        desk.words(label),
        listed,
        format_func=desk.label,
        default=listed[0],
        key=key,
        required=True,
    )
    return listed[0] if chosen is None else chosen
