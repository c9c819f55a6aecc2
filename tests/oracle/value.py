"""Differentiate: what customers are worth."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from functools import cache

from cartera.settings import CHECKOUT
from tests.oracle.classes import decline_ratio
from tests.oracle.company import Row, total
from tests.oracle.facts import Facts
from tests.oracle.prediction import customer_clv
from tests.oracle.relations import Relations

RFM_WINDOW_DAYS = 365


@cache
def rfm_segments() -> dict[str, str]:
    """The seed: the field's name of each of the 125 cells."""
    with (CHECKOUT / "dbt_project" / "seeds" / "rfm_segments.csv").open() as file:
        return {row["rfm_score"]: row["segment"] for row in csv.DictReader(file)}


def rfm(facts: Facts) -> dict[str, Row]:
    """customer_rfm by customer.

    The window is the ``rfm_window_days`` days before as_of, by business day of the order. An
    order of unknown net revenue counts as one and adds nothing.
    """
    as_of = facts.company.as_of
    start = as_of - timedelta(days=RFM_WINDOW_DAYS)
    result: dict[str, Row] = {}
    for customer, orders in facts.kept_by_customer.items():
        inside = [order for order in orders if order["order_date"] >= start]
        result[customer] = {
            "recency_days": (as_of - max(order["order_date"] for order in orders)).days,
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


def _score(rows: list[Row], name: str, goodness: list[object]) -> None:
    """1 + floor(5 x (rank - 1) / n); a rank is one more than how many are worse."""
    worst_first = sorted(goodness)  # type: ignore[type-var]
    rank_before = {value: n for n, value in reversed(list(enumerate(worst_first)))}
    for row, value in zip(rows, goodness, strict=True):
        row[name] = 1 + 5 * rank_before[value] // len(rows)


def customer_value(facts: Facts) -> dict[str, Row]:
    """customer_value by customer who ordered or was quoted: what does not hang on contact costs.

    An order refunded in full is none, but its goods' cost remains, and what was given back beyond
    what was paid. An order whose contribution is unknown is counted as such and adds nothing.
    """
    as_of = facts.company.as_of
    start = as_of - timedelta(days=RFM_WINDOW_DAYS)
    quoted = {quote["customer_id"] for quote in Relations(facts).quotes}
    foreseen = customer_clv(facts)
    completed = defaultdict(list)
    for order in facts.orders:
        completed[order["customer_id"]].append(order)
    result = {}
    for customer in ({*facts.kept_by_customer} | quoted) - {None}:
        kept = facts.kept_by_customer.get(customer, [])
        inside = [order for order in kept if order["order_date"] >= start]
        known = [
            order["contribution"] for order in completed[customer] if order["order_date"] >= start
        ]
        spent = [(order["order_date"], order["net_revenue"] or Decimal(0)) for order in kept]
        ratio = decline_ratio(spent, as_of)
        result[customer] = {
            "orders": len(inside),
            "net_revenue": total(order["net_revenue"] for order in inside),
            "order_contribution": total(known),
            "unknown_orders": known.count(None),
            "expected_orders": foreseen.get(customer, {}).get("expected_orders"),
            "decline_ratio": None if ratio is None else float(ratio),
        }
    return result
