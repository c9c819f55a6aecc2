"""What several pages show alike, beside what the desk itself does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from math import ceil
from types import MappingProxyType
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


def of(mart: str, *columns: str) -> dict[str, str]:
    """Columns of a mart by the names that a page gives them, which are their own."""
    return {column: f"{mart}.{column}" for column in columns}


def numbers(
    desk: Desk,
    page: str,
    told: Mapping[str, str],
    known: Mapping[str, str] = MappingProxyType({}),
    *,
    in_a_row: int = 4,
) -> None:
    """Tiles of numbers that are already in words, evenly in rows of at most ``in_a_row``.

    ``known`` maps their names to metrics, which call and define them. What the page itself says of
    a name goes first: its phrase calls it, and the phrase with ``_is`` stands before the definition
    of the metric.
    """
    rows = ceil(len(told) / in_a_row)
    width = ceil(len(told) / rows)
    for place, (name, value) in enumerate(told.items()):
        if place % width == 0:
            columns = st.columns(width)
        with columns[place % width]:
            st.metric(
                _called(desk, page, name, known.get(name)),
                value,
                help=_defined(desk, page, name, known.get(name)),
                border=True,
                height="stretch",
            )


def _called(desk: Desk, page: str, name: str, metric: str | None) -> str:
    said = words.phrases(desk.language).get(f"{page}.{name}")
    return said or desk.name(metric or name)


def _defined(desk: Desk, page: str, name: str, metric: str | None) -> str | None:
    said = words.phrases(desk.language).get(f"{page}.{name}_is")
    if metric:
        return f"{said} {desk.define(metric)}" if said else desk.define(metric)
    return said or (desk.define(name) if name in registry() else None)


def metrics(desk: Desk, names: Sequence[str], kinds: Sequence[str], *, in_a_row: int = 4) -> None:
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
    known: Mapping[str, str] = MappingProxyType({}),
    headings: Mapping[str, str] = MappingProxyType({}),
    hints: Mapping[str, str | None] = MappingProxyType({}),
    left: Collection[str] = (),
    height: int | str = "content",
) -> None:
    """A table of text: for each row what ``cells`` say of it, by the names of its columns.

    ``known`` maps names to metrics. A column is headed by its phrase of ``page``, by ``headings``
    or by its metric, and defined on hover: by ``hints``, or by the phrase with ``_is`` and by its
    metric, which is that of its name where the registry has one. The first column and those of
    ``left`` are words, the others numbers. ``height`` in pixels is where it begins to scroll.
    """
    columns = {
        name: st.column_config.TextColumn(
            headings.get(name) or _called(desk, page, name, known.get(name)),
            help=hints.get(name) or _defined(desk, page, name, known.get(name)),
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
