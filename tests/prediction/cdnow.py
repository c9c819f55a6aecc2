"""CDNOW: a tenth of those who first bought in the first quarter of 1997, with what they bought.

The file is that of Fader, Hardie & Lee, as the ``lifetimes`` package ships it; nothing of that
package is imported.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

CALIBRATED_TO = date(1997, 9, 30)
HELD_OUT_DAYS = 273
WEEKS = HELD_OUT_DAYS / 7


@dataclass(frozen=True)
class Order:
    """One line of the file."""

    customer: str
    day: date
    amount: Decimal


@cache
def orders() -> tuple[Order, ...]:
    """All of them, to the end of June 1998."""
    package = importlib.util.find_spec("lifetimes")
    assert package is not None
    assert package.origin is not None
    text = (Path(package.origin).parent / "datasets" / "CDNOW_sample.txt").read_text()
    rows = [line.split() for line in text.splitlines()]
    return tuple(
        Order(customer, date.fromisoformat(day), Decimal(amount))
        for customer, _, day, _, amount in rows
    )


@dataclass(frozen=True)
class Customer:
    """What the models are told, in days and dollars, and the days with an order after it."""

    x: int
    recency: int
    age: int
    spent: tuple[Decimal, ...]
    later: int


@cache
def customers() -> dict[str, Customer]:
    """By id; amounts of one day are one."""
    days: dict[str, dict[date, Decimal]] = {}
    for order in orders():
        own = days.setdefault(order.customer, {})
        own[order.day] = own.get(order.day, Decimal(0)) + order.amount
    result = {}
    for customer, amounts in days.items():
        seen = sorted(day for day in amounts if day <= CALIBRATED_TO)
        result[customer] = Customer(
            len(seen) - 1,
            (seen[-1] - seen[0]).days,
            (CALIBRATED_TO - seen[0]).days,
            tuple(amounts[day] for day in seen[1:]),
            len(amounts) - len(seen),
        )
    return result
