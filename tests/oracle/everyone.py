"""Where everyone starts: customer_360, and what it is put together of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.oracle.company import FIRST, Row, cents, ratio, total
from tests.oracle.costs import customer_costs
from tests.oracle.customers import dim_customers
from tests.oracle.facts import Facts
from tests.oracle.prediction import customer_clv
from tests.oracle.reach import (
    ADDRESS,
    acquisition_channels,
    lifecycle,
    preferred_channels,
    reachable,
    relationship,
    usual_gaps,
)
from tests.oracle.relations import Relations
from tests.oracle.touches import seed
from tests.oracle.value import customer_value
from tests.oracle.web import Web
from tests.oracle.worth import Worth

WINDOW = timedelta(days=365)
NEED_DAYS = 3
ATTRIBUTES = ("email", "phone", "name", "birth_date", "address", "tax_id", "loyalty_number")
OWN = (
    *("home_store_id", "account_owner", "loyalty_tier", "completeness", "is_stale"),
    *("is_deceased", "is_test", "last_confirmed_at", "country", "language"),
    *("source_record_count", "first_seen_at"),
)


def customer_360(facts: Facts) -> dict[str, Row]:
    """customer_360 by customer: orders and money over all time, contribution of the window.

    Who has neither ordered nor was quoted has costs, so a contribution, and no class.
    """
    as_of, worth = facts.company.as_of, facts.of(Worth)
    segments, values = worth.segments(as_of), worth.values(as_of)
    foreseen, worst = facts.of(customer_clv), facts.of(customer_value)
    preferred, channels = facts.of(preferred_channels), facts.of(acquisition_channels)
    costs: dict[str | None, Decimal] = defaultdict(Decimal)
    for (customer, _, _), cost in facts.of(customer_costs).items():
        costs[customer] += cost["amount"]
    brought: dict[str | None, list[Decimal | None]] = defaultdict(list)
    for order in facts.orders:
        brought[order["customer_id"]].append(order["contribution"])
    needs = {row["customer_id"]: row["need"] for row in facts.of(_needs) if row["is_primary"]}
    result = {}
    for customer, known in facts.of(dim_customers).items():
        own = facts.kept_by_customer.get(customer, [])
        days = [order["order_date"] for order in own]
        last, where = max(days, default=None), segments.get(customer)
        result[customer] = {
            **{name: known[name] for name in OWN},
            "lifecycle_stage": lifecycle(facts, customer),
            "relationship_stage": relationship(facts, customer),
            "rfm_segment": where and where.rfm_segment,
            "abc_class": where and where.abc_class,
            "value_tier": where and where.value_tier,
            "is_worst_candidate": worst.get(customer, {}).get("is_worst_candidate", False),
            "orders": len(own),
            "net_revenue": total(order["net_revenue"] for order in own),
            "contribution": values.get(customer, {}).get("contribution", Decimal("0.00")),
            "lifetime_contribution": cents(total(brought[customer]) - costs[customer]),
            "first_order_date": min(days, default=None),
            "last_order_date": last,
            "recency_days": (as_of - last).days if last else None,
            "usual_gap_days": facts.of(usual_gaps).get(customer),
            "clv": foreseen.get(customer, {}).get("clv"),
            "churn_risk": foreseen.get(customer, {}).get("churn_risk"),
            "preferred_channel": preferred[customer][0],
            "preferred_by": preferred[customer][1],
            "is_reachable_email": reachable(facts, customer, "email"),
            "is_reachable_phone": reachable(facts, customer, "phone"),
            "acquisition_channel": channels[customer],
            "primary_need": needs.get(customer),
            "as_of": as_of,
        }
    return result


def customer_needs(facts: Facts) -> dict[tuple[str, str, str], Row]:
    """customer_needs by customer, origin and need."""
    return {(row["customer_id"], row["origin"], row["need"]): row for row in facts.of(_needs)}


def _needs(facts: Facts) -> list[Row]:
    """Primary is what was stated before a complaint before behaviour; then the last one, of
    behaviour first the one of most days; one whose day nobody knows comes last; then by name."""
    seen: dict[tuple[str, str, str], list[datetime | None]] = defaultdict(list)
    for customer, origin, need, at in _said(facts):
        seen[customer, origin, need].append(at)
    days: dict[tuple[str, str], dict[date, datetime]] = defaultdict(dict)
    for customer, category, day, at in _behaviour(facts):
        if day >= facts.company.as_of - WINDOW:
            own = days[customer, category]
            own[day] = max(at, own.get(day, at))
    rows = [
        {"customer_id": c, "origin": origin, "need": need, "times": len(moments)}
        | {"observed_at": max((at for at in moments if at), default=None)}
        for (c, origin, need), moments in seen.items()
    ]
    rows += [
        {"customer_id": c, "origin": "behaviour", "need": category, "times": len(own)}
        | {"observed_at": max(own.values())}
        for (c, category), own in days.items()
        if len(own) >= NEED_DAYS
    ]
    rank = {"stated": 0, "complaint": 1, "behaviour": 2}
    primary: dict[str, Row] = {}

    def place(row: Row) -> tuple[object, ...]:
        number = -row["times"] if row["origin"] == "behaviour" else 0
        at = row["observed_at"] or FIRST
        return rank[row["origin"]], number, FIRST - at, row["need"]

    for row in sorted(rows, key=place):
        row["is_primary"] = primary.setdefault(row["customer_id"], row) is row
    return rows


def _said(facts: Facts) -> Iterator[tuple[str, str, str, datetime | None]]:
    relations = facts.of(Relations)
    for answer in relations.answers:
        if answer["is_current"] and answer["need"] and answer["customer_id"]:
            yield answer["customer_id"], "stated", answer["need"], answer["answered_at"]
    for lead in relations.leads:
        if lead["interest"]:
            yield lead["customer_id"], "stated", lead["interest"], lead["lead_at"]
    for case in relations.cases:
        if case["kind"] == "complaint" and case["customer_id"] and case["topic"]:
            yield case["customer_id"], "complaint", case["topic"], case["opened_at"]


def _behaviour(facts: Facts) -> Iterator[tuple[str, str, date, datetime]]:
    """Categories bought or looked at; an order refunded in full shows none."""
    orders = {order["order_key"]: order for order in facts.kept}
    for line in facts.lines:
        known, order = facts.products.get(line["product_key"] or ""), orders.get(line["order_key"])
        if order and known and known["category"] and order["customer_id"]:
            at = order["ordered_at"]
            yield order["customer_id"], known["category"], order["order_date"], at
    for (_, _, category), view in facts.of(Web).product_views.items():
        if view["customer_id"] and category:
            yield view["customer_id"], category, view["session_date"], view["first_viewed_at"]


def members(facts: Facts) -> dict[tuple[str, str], set[str]]:
    """Customers by dimension and member at as_of; who has no such segment is in (none)."""
    result: dict[tuple[str, str], set[str]] = defaultdict(set)
    for customer, row in facts.of(customer_360).items():
        result["ALL", "ALL"].add(customer)
        for name in (*("rfm_segment", "abc_class", "value_tier"), "lifecycle_stage"):
            result[name, row[name] or "(none)"].add(customer)
        result["relationship_stage", row["relationship_stage"] or "(none)"].add(customer)
        if row["abc_class"] == "A" or row["value_tier"] == "MVC":
            result["valuable", "A or MVC"].add(customer)
    return result


def profile_coverage(facts: Facts) -> dict[tuple[str, str, str, str], Row]:
    """profile_coverage by dimension, member, kind and item."""
    having = {
        **{("attribute", name): _having(facts, f"has_{name}") for name in ATTRIBUTES},
        ("attribute", "language"): _having(facts, "language"),
        **{
            ("reachable", channel): {c for c in facts.company.known if reachable(facts, c, channel)}
            for channel in ADDRESS
        },
        ("status", "stale"): _having(facts, "is_stale"),
    }
    having["reachable", "any"] = set().union(*(having["reachable", c] for c in ADDRESS))
    return {
        (*place, *item): {
            "customers": len(customers),
            "customers_with": len(customers & who),
            "share": ratio(len(customers & who), len(customers)),
        }
        for place, customers in facts.of(members).items()
        for item, who in having.items()
    }


def _having(facts: Facts, name: str) -> set[str]:
    return {customer for customer, row in facts.of(dim_customers).items() if row[name]}


def next_questions(facts: Facts) -> dict[tuple[str, int], Row]:
    """next_questions by customer and rank: an answer that was taken back since is none."""
    asked = {answer["question"] for answer in facts.of(Relations).answers}
    answered: dict[str | None, set[str]] = defaultdict(set)
    for answer in facts.of(Relations).answers:
        if answer["has_answer"] and answer["is_current"]:
            answered[answer["customer_id"]].add(answer["question"])
    own = sorted(seed("profile_questions"), key=lambda row: int(row["priority"]))
    result = {}
    for customer, known in facts.of(dim_customers).items():
        if known["is_deceased"] or known["is_test"]:
            continue
        open_ones = [
            (row["question"], row["attribute"])
            for row in own
            if not known.get(f"has_{row['attribute']}", known.get(row["attribute"]))
        ]
        listed = {row["question"] for row in own}
        open_ones += [(question, None) for question in sorted(asked - listed)]
        still = [pair for pair in open_ones if pair[0] not in answered[customer]]
        for rank, (question, attribute) in enumerate(still[:2], start=1):
            result[customer, rank] = {"question": question, "attribute": attribute}
    return result
