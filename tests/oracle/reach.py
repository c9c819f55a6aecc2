"""How customers came, how they are reached, and where they stand."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, datetime, timedelta
from math import sqrt

from tests.oracle.company import LAST, PEOPLE, Row
from tests.oracle.consents import consented
from tests.oracle.customers import dim_customers
from tests.oracle.facts import Facts
from tests.oracle.periods import median
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches, seed
from tests.oracle.value import months_before

ADDRESS = {
    "email": "has_email",
    "phone": "has_phone",
    "sms": "has_phone",
    "whatsapp": "has_phone",
    "post": "has_address",
}
MONTH = timedelta(days=30)
NEW = BACK = 90
YEAR = 365
Z = 1.96


def reachable(facts: Facts, customer: str, channel: str) -> bool:
    """A usable address for the channel, and consent to marketing by it."""
    known = facts.of(dim_customers)[customer]
    return known[ADDRESS[channel]] and facts.of(consented).get(
        (customer, channel, "marketing"), False
    )


def acquisition_channels(facts: Facts) -> dict[str, str | None]:
    """How each customer came; what came after the first order brought nobody.

    Referral if somebody referred them; else the source of the first lead that tells one; else of
    buyers the last contact of the 30 days before the first order that says where from (a visit
    straight to the site and a case say nothing), or the channel of that order.
    """
    relations = facts.of(Relations)
    touches: dict[str, list[Row]] = defaultdict(list)
    for touch in facts.of(Touches).all.values():
        if touch["customer_id"] and touch["channel"] not in (None, "web", "service"):
            touches[touch["customer_id"]].append(touch)
    referred: dict[str, list[datetime]] = defaultdict(list)
    for row in relations.referrals:
        if row["referred_customer_id"]:
            referred[row["referred_customer_id"]].append(row["referred_at"])
    leads: dict[str, list[Row]] = defaultdict(list)
    for lead in relations.leads:
        if lead["lead_source"] is not None:
            leads[lead["customer_id"]].append(lead)
    result: dict[str, str | None] = {}
    for customer in facts.company.known:
        orders = facts.kept_by_customer.get(customer)
        first = orders[0]["ordered_at"] if orders else LAST
        came = [
            lead for lead in leads[customer] if lead["lead_at"] is None or lead["lead_at"] <= first
        ]
        near = [
            t for t in touches[customer] if orders and first - MONTH <= t["touched_at"] <= first
        ]
        if any(at <= first for at in referred[customer]):
            result[customer] = "referral"
        elif came:
            result[customer] = min(
                came,
                key=lambda lead: (
                    lead["lead_at"] or LAST,
                    lead["source_system"],
                    lead["record_id"],
                ),
            )["lead_source"]
        elif near:
            result[customer] = max(near, key=lambda t: (t["touched_at"], t["touch_key"]))["channel"]
        else:
            result[customer] = orders[0]["channel"] if orders else None
    return result


def preferred_channels(facts: Facts) -> dict[str, tuple[str | None, str | None]]:
    """The channel that each customer prefers, and what says so.

    The lower Wilson bound is of contacts that went out and of which it is known whether they were
    answered; channels never answered, or without an address, are none. Equal ones go by name.
    """
    contacts: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for touch in facts.of(Touches).all.values():
        if (
            touch["customer_id"]
            and touch["direction"] == "out"
            and touch["is_answered"] is not None
        ):
            contacts[touch["customer_id"], touch["channel"]].append(touch["is_answered"])
    sources: dict[str, set[str]] = defaultdict(set)
    company = facts.company
    listed = set()
    for source in PEOPLE:
        for row in company.latest(source):
            if row.get("created_at") is None or row["created_at"] < company.end:
                record = (row["source_system"], row["record_id"])
                listed.add(record)
                sources[company.truth[record]].add(source)
    for record, customer in company.customers.items():
        if record not in listed:
            sources[customer].add("facts")
    result: dict[str, tuple[str | None, str | None]] = {}
    for customer, known in facts.of(dim_customers).items():
        bounds = {
            channel: wilson(sum(answers), len(answers))
            for (who, channel), answers in contacts.items()
            if who == customer and any(answers) and known.get(ADDRESS.get(channel, ""), False)
        }
        defaults = [
            row["channel"]
            for row in sorted(seed("source_channels"), key=lambda row: int(row["place"]))
            if row["source"] in sources[customer] and known[ADDRESS[row["channel"]]]
        ]
        if known["preferred_channel"]:
            result[customer] = known["preferred_channel"], "stated"
        elif bounds:
            result[customer] = min(bounds, key=lambda c: (-bounds[c], c)), "response"
        elif defaults:
            result[customer] = defaults[0], "default"
        else:
            result[customer] = None, None
    return result


def wilson(answers: int, contacts: int) -> float:
    """The lower bound of a share of answers."""
    share = answers / contacts
    spread = Z * sqrt(share * (1 - share) / contacts + Z**2 / (4 * contacts**2))
    return (share + Z**2 / (2 * contacts) - spread) / (1 + Z**2 / contacts)


def usual_gaps(facts: Facts) -> dict[str, float | None]:
    """The usual wait between days with an order: one's own median from three orders on.

    Else the median of the medians of all who have one, of two days or more.
    """
    own: dict[str, float] = {}
    for customer, orders in facts.kept_by_customer.items():
        days = sorted({order["order_date"] for order in orders})
        waits = [(b - a).days for a, b in itertools.pairwise(days)]
        middle = median(waits)
        if middle is not None:
            own[customer] = middle
    of_all = median(own.values())
    return {
        customer: own[customer] if len(orders) >= 3 and customer in own else of_all
        for customer, orders in facts.kept_by_customer.items()
    }


def lifecycle(facts: Facts, customer: str) -> str:
    """The first stage that holds."""
    as_of = facts.company.as_of
    orders = facts.kept_by_customer.get(customer)
    if not orders:
        quoted = {quote["customer_id"] for quote in facts.of(Relations).quotes}
        return "prospect" if customer in quoted else "lead"
    days = sorted({order["order_date"] for order in orders})
    usual = facts.of(usual_gaps)[customer]
    silent = (as_of - days[-1]).days

    def is_lapse(wait: int) -> bool:
        return wait > YEAR or (usual is not None and wait > 3 * usual)

    if (as_of - days[0]).days <= NEW:
        return "new"
    if is_lapse(silent):
        return "lapsed"
    if usual is not None and silent > 2 * usual:
        return "at_risk"
    ended = [(b - a).days for a, b in itertools.pairwise(days) if (as_of - b).days <= BACK]
    return "won_back" if any(map(is_lapse, ended)) else "active"


def relationship(facts: Facts, customer: str) -> str:
    """By what the last 24 months hold."""
    start = months_before(facts.company.as_of, 24)
    orders = [o for o in facts.kept_by_customer.get(customer, []) if o["order_date"] >= start]
    if not orders:
        is_reachable = any(reachable(facts, customer, channel) for channel in ADDRESS)
        return "contact" if is_reachable else "unreachable"
    touches = facts.of(Touches).all.values()
    kinds = {
        touch["kind"]
        for touch in touches
        if touch["customer_id"] == customer
        and touch["is_answered"]
        and touch["touch_date"] >= start
    }
    stated = facts.of(dim_customers)[customer]["preferred_channel"]
    if len(orders) < 3 or (len(kinds) < 2 and not stated):
        return "relate"
    return "trust" if _trusts(facts, customer, orders, start) else "engage"


def _trusts(facts: Facts, customer: str, orders: list[Row], start: date) -> bool:
    """No open complaint, and a referral that ordered, a good score, or orders unasked."""
    relations, company = facts.of(Relations), facts.company
    cases = [case for case in relations.cases if case["customer_id"] == customer]
    if any(case["kind"] == "complaint" and case["is_open"] for case in cases):
        return False
    has_referred = any(
        order["ordered_at"] >= row["referred_at"] and order["order_date"] >= start
        for row in relations.referrals
        if row["customer_id"] == customer and row["referred_customer_id"] not in (None, customer)
        for order in facts.kept_by_customer.get(row["referred_customer_id"], [])
    )
    scores = [c["csat_of_5"] for c in cases if c["opened_date"] >= start]
    scores += [
        survey["score_of_5"]
        for survey in relations.surveys
        if survey["customer_id"] == customer
        and survey["kind"] == "relationship"
        and survey["answered_at"]
        and company.day(survey["answered_at"]) >= start
    ]
    told = [score for score in scores if score is not None]
    unprompted = sum(not _is_prompted(facts, order) for order in orders)
    return (
        has_referred
        or (bool(told) and sum(told) / len(told) >= 4)
        or unprompted / len(orders) >= 0.5
    )


def _is_prompted(facts: Facts, order: Row) -> bool:
    """By a contact that went out, or a discount, on the order or in the 30 days before it."""
    at = order["ordered_at"]
    discounts = any(
        other["discount"] and other["discount"] > 0 and at - MONTH <= other["ordered_at"] <= at
        for other in facts.kept_by_customer[order["customer_id"]]
    )
    return discounts or any(
        touch["customer_id"] == order["customer_id"]
        and touch["direction"] == "out"
        and at - MONTH <= touch["touched_at"] <= at
        for touch in facts.of(Touches).all.values()
    )
