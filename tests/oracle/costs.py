"""What customers cost beside the goods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache

from tests.oracle.company import Row, month
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches, eight, seed

CONTACTS = {"message", "call", "visit", "fair", "chat"}
Cost = tuple[str | None, date, str]
ALL = "ALL"


@cache
def serving() -> dict[str, tuple[Decimal, float]]:
    """What a case or a return costs, and its hours."""
    return {
        row["item"]: (Decimal(row["cost"]), float(row["hours"])) for row in seed("cost_to_serve")
    }


def customer_costs(facts: Facts) -> dict[Cost, Row]:
    """fct_customer_costs by customer, day and kind.

    What costs nothing, or nobody knows what, is none of these, and so is a case that the seed does
    not know. A return is borne by whose order it was, and where that is nobody known by who brought
    it back. A share of media is as exact as the tables are, each by itself.
    """
    result: dict[Cost, Row] = {}
    for customer, day, kind, hours, amount in _single_costs(facts):
        row = result.setdefault(
            (customer, day, kind), {"costs": 0, "hours": 0.0, "amount": Decimal(0)}
        )
        row["costs"] += 1
        row["hours"] += hours
        row["amount"] += amount
    return result


def _single_costs(facts: Facts) -> Iterator[tuple[str | None, date, str, float, Decimal]]:
    for touch in facts.of(Touches).all.values():
        if touch["kind"] in CONTACTS and touch["cost"]:
            yield touch["customer_id"], touch["touch_date"], "contact", 0.0, touch["cost"]
    for customer, day, amount in _media_shares(facts):
        if amount:
            yield customer, day, "media", 0.0, amount
    for case in facts.of(Relations).cases:
        if case["kind"] in serving():
            cost, hours = serving()[case["kind"]]
            yield case["customer_id"], case["opened_date"], "case", hours, cost
    owners = {order["order_key"]: order["customer_id"] for order in facts.orders}
    cost, hours = serving()["return"]
    for refund in facts.refunds:
        bearer = owners.get(refund["order_key"]) or refund["customer_id"]
        yield bearer, refund["refund_date"], "return", hours, cost


def media(facts: Facts) -> dict[tuple[date, str], Decimal]:
    """Media without an address by month and channel of the orders that it serves.

    What platforms bill, and what campaigns without a delivered message cost, or costs of no known
    campaign. A medium serves the channel of the seed; one that the seed does not know and that
    is a channel of orders itself serves that, else it serves all.
    """
    touches = facts.of(Touches)
    channels = {row["campaign_key"]: row["channel"] for row in campaigns(facts)}
    known = {row["media_channel"]: row["order_channel"] for row in seed("media_channels")}
    sold = {order["channel"] for order in facts.orders}
    spent: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    costs = [(ad["stat_date"], ad["platform"], ad["spend"]) for ad in touches.ads]
    costs += [
        (cost["cost_date"], channels.get(cost["campaign_key"]), cost["amount"])
        for cost in touches.costs
        if cost["campaign_key"] not in touches.delivered
    ]
    for day, medium, amount in costs:
        if amount is not None:
            served = known.get(medium, medium if medium in sold else ALL)
            spent[month(day), served] += amount
    return spent


def _media_shares(facts: Facts) -> Iterator[tuple[str | None, date, Decimal]]:
    """Evenly over the buyers of the channel in the month, on the day of their first order there."""
    for (start, channel), amount in media(facts).items():
        firsts: dict[str, date] = {}
        for order in facts.kept:
            customer, day = order["customer_id"], order["order_date"]
            if customer and month(day) == start and channel in (ALL, order["channel"]):
                firsts[customer] = min(day, firsts.get(customer, day))
        if not firsts:
            yield None, start, eight(amount)
        for customer, day in firsts.items():
            yield customer, day, eight(amount / len(firsts))


def campaigns(facts: Facts) -> list[Row]:
    """dim_campaigns: one row per campaign of a system, and per campaign of lists alone."""
    names = ("name", "channel", "purpose", "owner", "response_route", "target_segment")
    more = ("variants", "steps", "starts_at", "ends_at")
    return [
        {
            "campaign_key": f"{row['source_system']}|{row['campaign_id']}",
            "source_system": row["source_system"],
            "campaign_id": row["campaign_id"],
            **{name: row.get(name) for name in (*names, *more)},
        }
        for row in facts.campaigns
    ]
