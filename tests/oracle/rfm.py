"""RFM on any day."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from functools import cache
from typing import Any

from cartera.settings import CHECKOUT
from tests.oracle.company import Row, total
from tests.oracle.facts import Facts

RFM_WINDOW_DAYS = 365


@cache
def rfm_segments() -> dict[str, str]:
    """The seed: the field's name of each of the 125 cells."""
    with (CHECKOUT / "dbt_project" / "seeds" / "rfm_segments.csv").open() as file:
        return {row["rfm_score"]: row["segment"] for row in csv.DictReader(file)}


def rfm(facts: Facts) -> dict[str, Row]:
    """customer_rfm by customer."""
    return rfm_on(facts, facts.company.as_of)


def rfm_on(facts: Facts, day: date) -> dict[str, Row]:
    """RFM of who ordered before the day.

    The window is the ``rfm_window_days`` days before it, by business day of the order. An
    order of unknown net revenue counts as one and adds nothing.
    """
    start = day - timedelta(days=RFM_WINDOW_DAYS)
    result: dict[str, Row] = {}
    for customer, all_orders in facts.kept_by_customer.items():
        orders = [order for order in all_orders if order["order_date"] < day]
        if not orders:
            continue
        inside = [order for order in orders if order["order_date"] >= start]
        result[customer] = {
            "recency_days": (day - max(order["order_date"] for order in orders)).days,
            "frequency": len(inside),
            "monetary": total(order["net_revenue"] for order in inside),
            **dict.fromkeys(("r_score", "f_score", "m_score", "rfm_score")),
            "rfm_segment": "Lost",
        }
    active = [row for row in result.values() if row["frequency"]]
    _score(active, "r_score", [-row["recency_days"] for row in active])
    _score(active, "f_score", [row["frequency"] for row in active])
    _score(active, "m_score", [row["monetary"] for row in active])
    for row in active:
        row["rfm_score"] = f"{row['r_score']}{row['f_score']}{row['m_score']}"
        row["rfm_segment"] = rfm_segments()[row["rfm_score"]]
    return result


def _score(rows: list[Row], name: str, goodness: list[Any]) -> None:
    """1 + floor(5 x (rank - 1) / n); a rank is one more than how many are worse."""
    worst_first = sorted(goodness)
    rank_before = {value: n for n, value in reversed(list(enumerate(worst_first)))}
    for row, value in zip(rows, goodness, strict=True):
        row[name] = 1 + 5 * rank_before[value] // len(rows)
