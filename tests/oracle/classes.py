"""Classes of customers by value: ABC, tiers, worst candidates, decline, loss, lifecycle.

Inputs are plain: what each customer brought, and when. A share of a number of customers is rounded
up; of equal customers the first by id counts first. METRICS says neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

ZERO = Decimal(0)
TENTH = Decimal("0.10")


def abc(contributions: Mapping[str, Decimal]) -> dict[str, str]:
    """The class of each buyer by contribution in the window.

    A while the share of the positive contributions before the row is under 0.80, B under 0.95,
    else C; who brought nothing or less is C.
    """
    base = sum((amount for amount in contributions.values() if amount > 0), ZERO)
    before = ZERO
    classes = {}
    for customer, amount in _best_first(contributions):
        if amount <= 0:
            classes[customer] = "C"
            continue
        share = before / base
        classes[customer] = (
            "A" if share < Decimal("0.80") else "B" if share < Decimal("0.95") else "C"
        )
        before += amount
    return classes


def tiers(
    contributions: Mapping[str, Decimal],
    potentials: Mapping[str, Decimal | None],
    *,
    mvc_share: Decimal = TENTH,
    mgc_share: Decimal = TENTH,
) -> dict[str, str]:
    """BZ, MVC, MGC or Other, in this order. A potential that is unknown is neither below zero nor
    growable. MVC are the best of all buyers, but for who is BZ among them; MGC is a share of those
    who are neither BZ nor MVC."""
    left = dict(contributions)
    result = {}
    for customer, amount in contributions.items():
        potential = potentials.get(customer)
        if amount < 0 and potential is not None and potential < 0:
            result[customer] = "BZ"
            del left[customer]
    for customer, _ in _best_first(contributions)[: share_of(mvc_share, len(contributions))]:
        if customer in left:
            result[customer] = "MVC"
            del left[customer]
    growth = {
        customer: potential - amount
        for customer, amount in left.items()
        if (potential := potentials.get(customer)) is not None and potential > amount
    }
    for customer, _ in _best_first(growth)[: share_of(mgc_share, len(left))]:
        result[customer] = "MGC"
        del left[customer]
    return result | dict.fromkeys(left, "Other")


def share_of(share: Decimal, customers: int) -> int:
    """How many customers a share is, rounded up."""
    return math.ceil(share * customers)


def decline_ratio(spent: Iterable[tuple[date, Decimal]], as_of: date) -> Decimal | None:
    """Net revenue of the last 90 days over that of a year before, and over the 365 days before
    scaled to 90; the greater. A ratio over nothing is none, and None if both are."""

    spent = list(spent)

    def between(first: int, last: int) -> Decimal:
        start, end = as_of - timedelta(days=first), as_of - timedelta(days=last)
        return sum((amount for day, amount in spent if start <= day < end), ZERO)

    now = between(90, 0)
    a_year_before = between(455, 365)
    usual = between(455, 90) * 90 / 365
    ratios = [now / base for base in (a_year_before, usual) if base]
    return max(ratios, default=None)


def is_lost(was_valuable: bool, last_order: date, as_of: date) -> date | None:
    """Since when a valuable customer is lost: 365 days after the last order, if these are over."""
    lost_at = last_order + timedelta(days=365)
    return lost_at if was_valuable and lost_at < as_of else None


@dataclass(frozen=True)
class Cohort:
    """A calendar month of first orders, ``period`` months later."""

    size: int
    active: int

    @property
    def rate(self) -> float:
        return self.active / self.size


def cohorts(orders: Mapping[str, Sequence[date]], as_of: date) -> dict[tuple[date, int], Cohort]:
    """By month of first order and months since; a month that as_of has not completed is absent."""
    firsts: dict[date, set[str]] = {}
    active: dict[tuple[date, int], set[str]] = {}
    for customer, days in orders.items():
        first = min(days).replace(day=1)
        firsts.setdefault(first, set()).add(customer)
        for day in days:
            active.setdefault((first, _months(first, day)), set()).add(customer)
    return {
        (first, period): Cohort(len(members), len(active.get((first, period), ())))
        for first, members in firsts.items()
        for period in range(_months(first, as_of))
    }


def retention(before: set[str], now: set[str]) -> float | None:
    """Buyers of both periods over buyers of the first; None where nobody was there to stay."""
    return len(before & now) / len(before) if before else None


def _best_first(amounts: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    return sorted(amounts.items(), key=lambda item: (-item[1], item[0]))


def _months(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month
