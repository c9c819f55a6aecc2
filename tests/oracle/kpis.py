"""Base measures of sales by period and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from tests.oracle.company import Row, month, ratio, total
from tests.oracle.facts import Facts
from tests.oracle.periods import add_months


def daily(facts: Facts) -> dict[tuple[date, str], Row]:
    """kpi_daily by day and channel."""
    return sales(facts, lambda day: day, lambda day: day + timedelta(days=1))


def monthly(facts: Facts) -> dict[tuple[date, str], Row]:
    """kpi_monthly by month and channel."""
    return sales(facts, month, lambda start: add_months(start, 1))


def sales(
    facts: Facts, period: Callable[[date], date], end: Callable[[date], date]
) -> dict[tuple[date, str], Row]:
    """kpi_daily or kpi_monthly by period and channel, ALL over the channels.

    A buyer is new in the period and channel of the first order kept; of orders of one moment the
    first by key. Revenue by order date is that of all completed orders; orders, buyers and their
    average are of those not refunded in full. Net revenue and contribution are of all: what an
    order refunded in full cost remains, and what was given back beyond what was paid. The average
    is of orders whose rate is known.
    """
    firsts = {orders[0]["order_key"] for orders in facts.kept_by_customer.values()}
    cells: dict[tuple[date, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for order in facts.orders:
        for channel in (order["channel"], "ALL"):
            cells[period(order["order_date"]), channel][0].append(order)
    for refund in facts.refunds:
        for channel in (refund["channel"], "ALL"):
            cells[period(refund["refund_date"]), channel][1].append(refund)
    return {
        (start, channel): _measures(*found, firsts)
        | {"is_complete": end(start) <= facts.company.as_of}
        for (start, channel), found in cells.items()
    }


def _measures(orders: list[Row], refunds: list[Row], firsts: set[str]) -> Row:
    kept = [order for order in orders if not order["is_fully_refunded"]]
    identified = [order["customer_id"] for order in kept if order["customer_id"]]
    known = [order["revenue"] for order in kept if order["revenue"] is not None]
    return {
        "orders": len(kept),
        "identified_orders": len(identified),
        "buyers": len(set(identified)),
        "new_buyers": sum(order["order_key"] in firsts for order in kept),
        "gross_revenue": total(order["gross_revenue"] for order in orders),
        "discount": total(order["discount"] for order in orders),
        "revenue_by_order_date": total(order["revenue"] for order in orders),
        "refunds_booked": total(refund["amount"] for refund in refunds),
        "kept_revenue": total(known),
        "rated_orders": len(known),
        "net_revenue": total(order["net_revenue"] for order in orders),
        "contribution": total(order["contribution"] for order in orders),
        "identification_rate": ratio(len(identified), len(kept)),
        "average_order_value": ratio(total(known), len(known)),
    }
