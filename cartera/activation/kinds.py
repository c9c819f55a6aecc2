"""Kinds of columns and values, as a rule's author thinks of them, and the words for them."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Literal

Kind = Literal["number", "text", "yes or no", "date", "moment", "nothing"]
NUMBERS = ("INTEGER", "DECIMAL", "DOUBLE", "FLOAT")
WITH_ARTICLE: dict[Kind, str] = {
    "number": "a number",
    "text": "a text",
    "yes or no": "a yes or no",
    "date": "a date",
    "moment": "a moment",
    "nothing": "null",
}


def kind_of(database_type: str) -> Kind | None:
    """The kind of a column of this DuckDB type; None for one that no rule can compare."""
    name = database_type.upper().partition("(")[0]
    if name in NUMBERS or name.endswith("INT"):
        return "number"
    if name.startswith("TIMESTAMP"):
        return "moment"
    known: dict[str, Kind] = {"VARCHAR": "text", "BOOLEAN": "yes or no", "DATE": "date"}
    return known.get(name)


def nearest(name: str, names: Collection[str]) -> str:
    """``Did you mean …?``, or nothing where no name is near."""
    near = difflib.get_close_matches(name.lower(), names, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""


def how_to_compare(left: Kind, right: Kind) -> str:
    """How to write what was probably meant by a comparison of these two."""
    if "nothing" in (left, right):
        return "Write: is null, or is not null."
    if {left, right} & {"date", "moment"}:
        return "Write a date as date '2026-01-31', or days before today as as_of - 30."
    if {left, right} == {"number", "text"}:
        return "Write numbers without quotes, and texts in quotes."
    if "yes or no" in (left, right):
        return "A column of yes or no stands alone: is_stale, or not is_stale."
    return ""
