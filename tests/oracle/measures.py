"""The registry applied: each metric by period, dimension and member."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tests.oracle.buyers import (
    SCHEMES,
    acquisition_of,
    duplicates,
    referrals,
)
from tests.oracle.company import Row, ratio, total
from tests.oracle.everyone import members, profile_coverage
from tests.oracle.facts import Facts
from tests.oracle.funnel import sales_funnel
from tests.oracle.identified import identification
from tests.oracle.periods import Period, periods
from tests.oracle.products import returned_units, ropo
from tests.oracle.service import complaints_by_segment, service_kpis
from tests.oracle.touches import seed
from tests.oracle.worth import Worth

ALL = ("ALL", "ALL")
TOP_SHARE = Decimal("0.20")
EXPECTED = ("name", "email", "phone", "birth_date", "address", "language")
Place = tuple[str, date, str, str]
Measures = dict[Place, Row]
FUNNEL = (
    *("leads", "quoted_leads", "converted_leads", "convertible_leads", "quotes", "won_quotes"),
    *("decided_quotes", "ordered_quotes", "open_value", "days_to_quote_median"),
    *("days_to_win_median", "days_to_order_median", "response_hours_median"),
)
SERVICE = (
    *("cases", "settled_at_once", "settled_of", "settled_at_once_weight", "settled_of_weight"),
    *("hours_to_resolve_median", "hours_to_resolve_p90", "repeating_customers"),
    *("contacting_customers", "case_score", "case_scored", "relationship_score"),
    *("relationship_scored", "relationship_surveys", "rescuable", "rescued"),
    *("rescuable_in_time", "rescued_in_time", "rescuable_late", "rescued_late"),
)


def kpi_values(facts: Facts) -> dict[tuple[str, str, date, str, str], Row]:
    """kpi_values by metric, period, dimension and member: numerator over denominator.

    What nothing is known of above the line has no row; a ratio of nothing has no value.
    """
    result = {}
    for metric in seed("metrics"):
        for place, known in facts.of(measures).items():
            above = known.get(metric["numerator"])
            if above is None:
                continue
            below = known.get(metric["denominator"]) if metric["denominator"] else None
            if metric["denominator"]:
                value = ratio(above, below) if below is not None else None
            else:
                value = float(above)
            result[metric["metric"], *place] = {
                "value": value,
                "numerator": float(above),
                "denominator": None if below is None else float(below),
            }
    return result


def measures(facts: Facts) -> Measures:
    """What metrics are made of, by period, dimension and member."""
    result: Measures = defaultdict(dict)
    for place, row in _rows(facts):
        result[place].update(row)
    return result


def _rows(facts: Facts) -> Iterator[tuple[Place, Row]]:
    for period in periods(facts):
        for dimension, member, row in (
            *_sales(facts, period),
            *_buyers(facts, period),
            *_acquired(facts, period),
            *_units(facts, period),
        ):
            yield (*period.key, dimension, member), row
    for key, row in facts.of(sales_funnel).items():
        yield (*key, *ALL), {name: row[name] for name in FUNNEL}
    for key, row in facts.of(referrals).items():
        names = ("referrals", "referrers", "referred_leads", "referred_buyers")
        told = {name: row[name] for name in names} | {"referred_revenue": row["net_revenue"]}
        yield (*key, *ALL), told
    for (kind, start, fact, system, channel), row in facts.of(identification).items():
        names = {"sessions": ("sessions",), "cases": ("cases_of_all",)}.get(fact, ())
        if channel == "ALL" and names:
            place = ALL if system == "ALL" else ("source_system", system)
            told = {names[0]: row["facts"], f"identified_{fact}": row["identified_facts"]}
            yield (kind, start, *place), told
    for (kind, start, topic), row in facts.of(service_kpis).items():
        place = ALL if topic == "ALL" else ("topic", topic)
        yield (kind, start, *place), {name: row[name] for name in SERVICE}
    for (kind, start, dimension, member), row in facts.of(complaints_by_segment).items():
        if dimension != "product":
            number = row["complaints"]
            told = {"complaints": number, "complaints_times_100": 100 * number}
            yield (kind, start, dimension, member), told | {"complaint_orders": row["orders"]}
    for key, row in facts.of(ropo).items():
        names = ("ropo_orders", "identified_store_orders")
        more = ("showroomed_orders", "identified_online_orders")
        yield (*key, *ALL), {name: row[name] for name in (*names, *more)}
    yield from _states(facts)


def _sales(facts: Facts, period: Period) -> Iterator[tuple[str, str, Row]]:
    """Of all orders: by channel, and ALL whether or not there was any."""
    orders = [order for order in facts.orders if order["order_date"] in period]
    refunds = [refund for refund in facts.refunds if refund["refund_date"] in period]
    firsts = {own[0]["order_key"] for own in facts.kept_by_customer.values()}
    yield *ALL, _sold(orders, refunds, firsts)
    for channel in {row["channel"] for row in (*orders, *refunds)}:
        yield (
            "channel",
            channel,
            _sold(
                [order for order in orders if order["channel"] == channel],
                [refund for refund in refunds if refund["channel"] == channel],
                firsts,
            ),
        )


def _sold(orders: list[Row], refunds: list[Row], firsts: set[str]) -> Row:
    kept = [order for order in orders if not order["is_fully_refunded"]]
    return {
        **_money(orders),
        "orders": len(kept),
        "all_orders": len(kept),
        "identified_orders": sum(order["customer_id"] is not None for order in kept),
        "new_buyers": sum(order["order_key"] in firsts for order in kept),
        "revenue_by_order_date": total(order["revenue"] for order in orders),
        "refunds_booked": total(refund["amount"] for refund in refunds),
    }


def _money(orders: list[Row]) -> Row:
    kept = [order for order in orders if not order["is_fully_refunded"]]
    rated = [order["revenue"] for order in kept if order["revenue"] is not None]
    return {
        "gross_revenue": total(order["gross_revenue"] for order in orders),
        "discount": total(order["discount"] for order in orders),
        "kept_revenue": total(rated),
        "rated_orders": len(rated),
        "net_revenue": total(order["net_revenue"] for order in orders),
        "contribution": total(order["contribution"] for order in orders),
    }


def _buyers(facts: Facts, period: Period) -> Iterator[tuple[str, str, Row]]:
    """Of known customers' orders that were kept: ALL, by channel, by segment of the day before.

    A member is there if anybody in it bought in the period or the one before; ALL always is.
    """
    places: dict[tuple[str, str], list[tuple[str, bool, Row]]] = defaultdict(list)
    segments = facts.of(Worth).before(period.start)
    for customer, orders in facts.kept_by_customer.items():
        own = segments.get(customer)
        named = [(scheme, getattr(own, scheme)) for scheme in SCHEMES] if own else []
        last: date | None = None
        for order in orders:
            gap = None if last is None else (order["order_date"] - last).days
            last = order["order_date"]
            if period.before <= last < period.end:
                row = {**order, "gap": gap}
                for place in (ALL, ("channel", order["channel"]), *named):
                    places[place].append((customer, last in period, row))
    places[ALL] = places[ALL]
    for (dimension, member), told in places.items():
        before = {customer for customer, is_now, _ in told if not is_now}
        orders = [row for _, is_now, row in told if is_now]
        row = _bought(orders)
        if dimension != "channel":
            kept = {order["customer_id"] for order in orders} & before
            row |= {"start_buyers": len(before), "retained_buyers": len(kept)}
            row["lost_buyers"] = len(before - kept)
        if dimension in SCHEMES:
            row |= {"orders": len(orders), "identified_orders": len(orders)} | _money(orders)
        yield dimension, member, row


def _bought(orders: list[Row]) -> Row:
    by_buyer: dict[str, list[Row]] = defaultdict(list)
    for order in orders:
        by_buyer[order["customer_id"]].append(order)
    spent = {c: total(order["net_revenue"] for order in own) for c, own in by_buyer.items()}
    best = sorted(spent.values(), reverse=True)[: math.ceil(TOP_SHARE * len(spent))]
    gaps = [order["gap"] for order in orders if order["gap"] is not None]
    return {
        "buyers": len(by_buyer),
        "repeat_buyers": sum(len(own) > 1 for own in by_buyer.values()),
        "gap_days": sum(gaps),
        "gaps": len(gaps),
        "top_revenue": total(best),
        "net_revenue_of_buyers": total(spent.values()),
    }


def _acquired(facts: Facts, period: Period) -> Iterator[tuple[str, str, Row]]:
    """By channel that brought them, PAID among these; ALL where there was anything."""
    for channel, row in acquisition_of(facts, period).items():
        known = {
            "acquisition_spend": row["spend"],
            "acquired_buyers": row["new_buyers"],
            "ltv": row["ltv"],
            "cac": row["cac"],
            "ltv_buyers": row["ltv_buyers"],
        }
        if row["ltv"] is not None:
            known["ltv_total"] = row["ltv"] * row["ltv_buyers"]
        yield *(ALL if channel == "ALL" else ("acquisition_channel", channel)), known


def _units(facts: Facts, period: Period) -> Iterator[tuple[str, str, Row]]:
    """Units sold and those of them that came back, by category and ALL, of orders of the period."""
    back = facts.of(returned_units)
    days = {order["order_key"]: order["order_date"] for order in facts.orders}
    units: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    returned: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    categories: dict[tuple[str, str], str | None] = {}
    for line in facts.lines:
        known = facts.products.get(line["product_key"] or "")
        category = known["category"] if known else None
        categories[line["order_key"], line["product_id"]] = category
        if line["order_date"] in period:
            for place in (ALL, *([("category", category)] if category else [])):
                units[place].append(line["quantity"])
    for (order, product), number in back.items():
        if days[order] in period:
            category = categories.get((order, product))
            for place in (ALL, *([("category", category)] if category else [])):
                returned[place].append(number)
    for place in units:
        told = {"units": sum(units[place]), "returned_units": sum(returned[place], Decimal(0))}
        yield *place, told


def _states(facts: Facts) -> Iterator[tuple[Place, Row]]:
    """What is known of customers at as_of."""
    now = ("as_of", facts.company.as_of)
    for system, row in facts.of(duplicates).items():
        place = ALL if system == "ALL" else ("source_system", system)
        records = row["source_records"]
        told = {"source_records": records, "duplicate_records": records - row["customers"]}
        yield (*now, *place), told
    coverage = facts.of(profile_coverage)
    for place, customers in facts.of(members).items():

        def having(kind: str, item: str, place: tuple[str, str] = place) -> int:
            return int(coverage[*place, kind, item]["customers_with"])

        told = {
            "customers": len(customers),
            "reachable_customers": having("reachable", "any"),
            **{f"reachable_by_{c}": having("reachable", c) for c in ("email", "phone", "sms")},
            "reachable_by_post": having("reachable", "post"),
            "stale_customers": having("status", "stale"),
            "known_attributes": sum(having("attribute", name) for name in EXPECTED),
            "expected_attributes": len(EXPECTED) * len(customers),
        }
        yield (*now, *place), told
        if place[0] == "valuable":
            valuable = {"reachable_valuable": told["reachable_customers"]}
            yield (*now, *ALL), valuable | {"valuable_customers": len(customers)}
