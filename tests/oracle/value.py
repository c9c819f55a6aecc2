"""Differentiate: who brings what, whom to rescue, and on whom to spend less."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

from tests.oracle.classes import decline_ratio, is_lost, share_of
from tests.oracle.company import Row, ratio, total
from tests.oracle.costs import CONTACTS, customer_costs, serving
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches
from tests.oracle.worth import WINDOW, Worth, share_before

DECLINE = timedelta(days=90)
WORST_SHARE = Decimal("0.15")
NOTHING = {
    "orders": 0,
    "all_orders": 0,
    **dict.fromkeys(
        ("net_revenue", "order_contribution", "contact_cost", "service_cost", "contribution"),
        Decimal("0.00"),
    ),
    "unknown_orders": 0,
    **dict.fromkeys(("expected_orders", "potential")),
}


def customer_value(facts: Facts) -> dict[str, Row]:
    """customer_value by customer who ordered or was quoted, ever.

    An order refunded in full is none, but its goods' cost remains, and what was given back beyond
    what was paid. An order whose contribution is unknown is counted as such and adds nothing. Who
    only was quoted has no class, and is among the candidates for the worst all the same; who
    never ordered has no contribution per order.
    """
    as_of, worth = facts.company.as_of, facts.of(Worth)
    values = worth.values(as_of)
    class_of, tier_of = worth.classes(as_of)
    buyers = {c: row["contribution"] for c, row in values.items() if row["all_orders"]}
    shares = share_before(buyers)
    quoted = {quote["customer_id"] for quote in facts.of(Relations).quotes} - {None}
    rows = {c: values.get(c, NOTHING) for c in {*facts.kept_by_customer} | quoted}
    ranked = sorted(rows, key=lambda customer: (rows[customer]["contribution"], customer))
    worst = set(ranked[: share_of(WORST_SHARE, len(rows))])
    alerted = {key[0] for key in facts.of(alerts)}
    result = {}
    for customer, row in rows.items():
        potential, is_buyer = row["potential"], customer in buyers
        result[customer] = {
            **row,
            "contribution_per_order": row.get("contribution_per_order") if is_buyer else None,
            "abc_class": class_of.get(customer),
            "share_before": shares.get(customer),
            "value_tier": tier_of.get(customer),
            "bz_actual_only": is_buyer
            and row["contribution"] < 0
            and (potential is None or potential >= 0),
            **declines(facts).get(
                customer,
                dict.fromkeys(
                    ("revenue_recent", "revenue_year_before", "revenue_before", "decline_ratio")
                ),
            ),
            "is_in_worst_share": customer in worst,
            "has_rescue_alert": customer in alerted,
            "is_worst_candidate": customer in worst and customer not in alerted,
            "worst_reasons": _reasons(facts, customer) if customer in worst else None,
        }
    return result


def declines(facts: Facts) -> dict[str, Row]:
    """What the last 90 days brought of each buyer, and the year before."""
    return facts.of(_declines)


def _declines(facts: Facts) -> dict[str, Row]:
    as_of = facts.company.as_of
    result = {}
    for customer, orders in facts.kept_by_customer.items():
        spent = [(o["order_date"], o["net_revenue"] or Decimal(0)) for o in orders]

        def between(first: int, last: int, spent: list[tuple[date, Decimal]] = spent) -> Decimal:
            start, end = as_of - timedelta(days=first), as_of - timedelta(days=last)
            return total(amount for day, amount in spent if start <= day < end)

        found = decline_ratio(spent, as_of)
        result[customer] = {
            "revenue_recent": between(90, 0),
            "revenue_year_before": between(455, 365),
            "revenue_before": between(455, 90),
            "decline_ratio": None if found is None else float(found),
        }
    return result


def _reasons(facts: Facts, customer: str) -> str | None:
    """What speaks against somebody; half-years are six months back from as_of each."""
    as_of = facts.company.as_of
    days = [order["order_date"] for order in facts.kept_by_customer.get(customer, [])]
    quotes = [
        quote
        for quote in facts.of(Relations).quotes
        if quote["customer_id"] == customer and quote["quote_date"] >= as_of - WINDOW
    ]
    bounds = [months_before(as_of, months) for months in (24, 18, 12, 6, 0)]
    halves = [sum(start <= day < end for day in days) for start, end in itertools.pairwise(bounds)]
    reasons = {
        "no_order_in_a_year": not any(day >= as_of - WINDOW for day in days),
        "orders_falling": all(later < earlier for earlier, later in itertools.pairwise(halves)),
        "no_quote_won": len(quotes) >= 3 and all(quote["status"] != "won" for quote in quotes),
    }
    return ",".join(name for name, holds in reasons.items() if holds) or None


def months_before(day: date, months: int) -> date:
    """The same day of a month before, or the last of a shorter month."""
    count = day.year * 12 + day.month - 1 - months
    for of_month in range(day.day, 27, -1):
        try:
            return date(count // 12, count % 12 + 1, of_month)
        except ValueError:
            continue
    return date(count // 12, count % 12 + 1, day.day)


def alerts(facts: Facts) -> dict[tuple[str, str, str | None], Row]:
    """customer_alerts by customer, kind and case."""
    as_of, worth = facts.company.as_of, facts.of(Worth)
    result: dict[tuple[str, str, str | None], Row] = {}
    empty: Row = dict.fromkeys(
        (
            *("severity", "decline_ratio", "last_order_date", "topic", "opened_at", "is_open"),
            *("rescue_by", "acted_in_time", "lost_at", "valuable_until"),
        )
    )
    now = worth.segments(as_of)
    then = [worth.segments(as_of - DECLINE), worth.segments(as_of - DECLINE - WINDOW)]
    for customer, orders in facts.kept_by_customer.items():
        days = [order["order_date"] for order in orders]
        last, ratio_now = max(days), declines(facts)[customer]["decline_ratio"]
        begin = as_of - DECLINE
        if (
            any(customer in past and past[customer].is_valuable for past in then)
            and sum(day < begin for day in days) >= 3
            and min(days) <= begin - WINDOW
            and last >= as_of - WINDOW
            and ratio_now is not None
            and ratio_now < 0.60
        ):
            result[customer, "valuable_decliner", None] = empty | {
                "severity": "critical" if ratio_now < 0.40 else "warning",
                "decline_ratio": ratio_now,
                "last_order_date": last,
            }
        valuable = [
            day - timedelta(days=1)
            for day in worth.month_starts
            if customer in (there := worth.segments(day)) and there[customer].is_valuable
        ]
        lost = is_lost(bool(valuable), last, as_of)
        if lost:
            result[customer, "lost_valuable", None] = empty | {
                "last_order_date": last,
                "lost_at": lost,
                "valuable_until": max(valuable),
            }
    for case in facts.of(Relations).cases:
        customer = case["customer_id"]
        is_new = case["opened_date"] >= as_of - timedelta(days=30)
        is_valuable = customer in now and now[customer].is_valuable
        if case["kind"] == "complaint" and is_valuable and (case["is_open"] or is_new):
            told = ("topic", "opened_at", "is_open", "rescue_by", "acted_in_time")
            result[customer, "valuable_complainer", case["case_key"]] = empty | {
                name: case[name] for name in told
            }
    return result


def effort_by_class(facts: Facts) -> dict[str, Row]:
    """effort_by_class by class: effort in the window beside what the class brought."""
    as_of, worth = facts.company.as_of, facts.of(Worth)
    start = as_of - WINDOW
    class_of = worth.classes(as_of)[0]
    values = worth.values(as_of)
    rows: dict[str, Row] = {}
    sums = ("customers", "contacts", "contact_cost", "cases", "case_hours", "service_cost")

    def row(customer: str) -> Row:
        return rows.setdefault(
            class_of.get(customer, "(none)"),
            {
                **dict.fromkeys((*sums, "contribution"), 0),
                "contact_cost": Decimal(0),
                "service_cost": Decimal(0),
                "contribution": Decimal("0.00"),
            },
        )

    for customer in facts.company.known:
        row(customer)["customers"] += 1
        row(customer)["contribution"] += values.get(customer, NOTHING)["contribution"]
    for touch in facts.of(Touches).all.values():
        if touch["customer_id"] and touch["direction"] == "out" and touch["kind"] in CONTACTS:
            row(touch["customer_id"])["contacts"] += touch["touch_date"] >= start
    for case in facts.of(Relations).cases:
        if case["customer_id"] and case["kind"] in serving() and case["opened_date"] >= start:
            row(case["customer_id"])["cases"] += 1
            row(case["customer_id"])["case_hours"] += serving()[case["kind"]][1]
    for (customer, day, kind), cost in facts.of(customer_costs).items():
        if customer and day >= start:
            name = "contact_cost" if kind in ("contact", "media") else "service_cost"
            row(customer)[name] += cost["amount"]
    totals = {name: sum(r[name] for r in rows.values()) for name in (*sums, "contribution")}
    shared = ("customers", "contacts", "contact_cost", "case_hours", "contribution")
    return {
        abc_class: {
            **told,
            "case_hours": float(told["case_hours"]),
            **{
                name: told[name].quantize(Decimal("0.01"), "ROUND_HALF_UP")
                for name in ("contact_cost", "service_cost")
            },
            **{f"{name}_share": ratio(told[name], totals[name]) for name in shared},
        }
        for abc_class, told in rows.items()
    }
