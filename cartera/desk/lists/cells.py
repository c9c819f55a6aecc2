"""What a list, a column of a rule and its values are called, and how they are written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cartera.activation.neighbours import NEIGHBOURS
from cartera.desk import words
from cartera.desk.desk import Desk
from cartera.desk.figures import lists as figures
from cartera.metrics import of_marts

# Marts of what a rule may name, where it is not customer_360.
MARTS = {"decline_ratio": "customer_value", "rescue_by": "customer_alerts"}


def name(desk: Desk, audience: str) -> str:
    """What an audience is called; one of the company's own by its name."""
    known = words.phrases(desk.language)
    return known.get(f"audiences.{audience}", audience.replace("_", " "))


def column(desk: Desk, told: str) -> str:
    """What a column is called."""
    return words.phrases(desk.language).get(f"columns.{told}", told.replace("_", " "))


def meaning(desk: Desk, told: str) -> str | None:
    """What a column is, in the reader's language, by its metric first; None if nobody says so."""
    metric = f"{MARTS.get(told, 'customer_360')}.{told}"
    if metric in of_marts(desk.language):
        return desk.define(metric)
    return words.phrases(desk.language).get(f"columns.{told}_is") or (
        in_english(desk, told) if desk.language == "en" else None
    )


def hint(desk: Desk, told: str) -> str | None:
    """What a column is, for whom the pointer rests on it."""
    return meaning(desk, told) or in_english(desk, told)


def in_english(desk: Desk, told: str) -> str | None:
    """What the rules or the publication say that a column is; they speak English alone."""
    for near in NEIGHBOURS:
        if told in near.columns:
            return near.columns[told].about
    return figures.described(desk.query).get(told)


def value(desk: Desk, told: str, value: Any) -> str:
    """A value of the column ``told``, as its reader writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return desk.words("customers.may" if value else "customers.may_not")
    if isinstance(value, datetime):
        return desk.formats.moment(value)
    if isinstance(value, date):
        return desk.formats.day(value)
    if isinstance(value, Decimal):
        return desk.formats.money(value)
    if told in ("decline_ratio", "churn_risk", "completeness", "p_alive"):
        return desk.formats.percent(value, 0)
    if isinstance(value, int | float):
        return desk.formats.number(value, 0 if value == int(value) else 1)
    return desk.label(value)
