"""Acquisition and retention: who buys again, and what new buyers cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tests.oracle.classes import cohorts
from tests.oracle.company import Row, ratio, total
from tests.oracle.costs import campaigns
from tests.oracle.facts import Facts
from tests.oracle.periods import KINDS, Period, periods
from tests.oracle.prediction import discounted_orders, next_amount
from tests.oracle.reach import acquisition_channels
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches, seed
from tests.oracle.worth import Segments, Worth

SCHEMES = ("rfm_segment", "abc_class", "value_tier")
ACQUISITION = {"acquisition", None}


def groups(facts: Facts, period: Period) -> Iterator[tuple[str, str, set[str] | None]]:
    """Dimension, member and who is in it: ALL, and the segments of the evening before.

    Who had none yet is in no segment. A member is there if anybody who bought in the period or
    the one before is in it.
    """
    yield "ALL", "ALL", None
    there: dict[str, Segments] = facts.of(Worth).before(period.start)
    for scheme in SCHEMES:
        members = defaultdict(set)
        for customer, segments in there.items():
            members[getattr(segments, scheme)].add(customer)
        for member, customers in members.items():
            yield scheme, member, customers


def retention(facts: Facts) -> dict[tuple[str, date, str, str], Row]:
    """retention by period, dimension and member; ALL is there whether or not anybody bought."""
    orders = facts.kept_by_customer
    days = {customer: [o["order_date"] for o in own] for customer, own in orders.items()}
    result = {}
    for period in periods(facts):
        if period.kind not in KINDS:
            continue
        start = {c for c, on in days.items() if any(period.before <= d < period.start for d in on)}
        end = {c for c, on in days.items() if any(day in period for day in on)}
        new = {c for c, on in days.items() if min(on) in period}
        for dimension, member, who in groups(facts, period):
            left, here, came = (s if who is None else s & who for s in (start, end, new))
            if who is not None and not left | here:
                continue
            kept = left & here
            result[*period.key, dimension, member] = {
                "start_buyers": len(left),
                "new_buyers": len(came),
                "end_buyers": len(here),
                "retained_buyers": len(kept),
                "lost_buyers": len(left - kept),
                "retention_rate": ratio(len(kept), len(left)),
                "churn_rate": ratio(len(left - kept), len(left)),
            }
    return result


def cohort_retention(facts: Facts) -> dict[tuple[date, int], Row]:
    """cohort_retention by month of first order and months since."""
    days = {c: [o["order_date"] for o in own] for c, own in facts.kept_by_customer.items()}
    return {
        key: {
            "cohort_size": cohort.size,
            "active_customers": cohort.active,
            "retention_rate": cohort.rate,
        }
        for key, cohort in cohorts(days, facts.company.as_of).items()
    }


def spend(facts: Facts) -> list[tuple[date, str, Decimal | None]]:
    """Day, channel and amount of what was spent to win buyers.

    What platforms bill for campaigns that are to win buyers, or of which nobody knows what they
    are for, by platform; other costs of campaigns that are to win buyers, by their channel. Media
    of a campaign in its own books are what platforms bill, once more, and so are these costs too:
    METRICS says no which, and both count.
    """
    told = {row["campaign_key"]: row for row in campaigns(facts)}
    touches = facts.of(Touches)
    result = [
        (ad["stat_date"], ad["platform"] or "unknown", ad["spend"])
        for ad in touches.ads
        if told.get(ad["campaign_key"], {}).get("purpose") in ACQUISITION
    ]
    for cost in touches.costs:
        campaign = told.get(cost["campaign_key"], {})
        if campaign.get("purpose") == "acquisition":
            result.append((cost["cost_date"], campaign["channel"] or "unknown", cost["amount"]))
    return result


def newcomer(facts: Facts) -> float | None:
    """What the fits of as_of expect of somebody with one order, made on the last day."""
    fits = facts.company.fits
    orders, amounts = fits["bg_nbd"].parameters, fits["gamma_gamma"].parameters
    if not orders or not amounts:
        return None
    return discounted_orders(orders, 0, 0.0, 0.0) * next_amount(amounts, [])


def first_orders(facts: Facts) -> dict[str, Row]:
    """By buyer the first order that was kept, and the channel that brought them."""
    channels = facts.of(acquisition_channels)
    return {
        customer: {**orders[0], "acquisition_channel": channels.get(customer) or "unknown"}
        for customer, orders in facts.kept_by_customer.items()
    }


def paid_channels(facts: Facts) -> set[str]:
    """Channels that are paid for: media of the seed and platforms that bill."""
    platforms = {ad["platform"] for ad in facts.of(Touches).ads}
    return {row["media_channel"] for row in seed("media_channels")} | platforms


def acquisition_of(facts: Facts, period: Period) -> dict[str, Row]:
    """By channel, PAID and ALL: what new buyers of a period cost and are worth."""
    paid, expected = facts.of(paid_channels), facts.of(newcomer)
    costs: dict[str, list[Decimal | None]] = defaultdict(list)
    buyers: dict[str, list[Row]] = defaultdict(list)
    for day, channel, amount in facts.of(spend):
        if day in period:
            for name in _names(channel, paid):
                costs[name].append(amount)
    for order in facts.of(first_orders).values():
        if order["order_date"] in period:
            for name in _names(order["acquisition_channel"], paid):
                buyers[name].append(order)
    result = {}
    for channel in {*costs, *buyers}:
        spent, new = total(costs[channel]), buyers[channel]
        known = [order["contribution"] for order in new if order["contribution"] is not None]
        worth = None
        if known and expected is not None:
            worth = float(sum(known, Decimal(0))) / len(known) + expected
        cac = ratio(spent, len(new))
        result[channel] = {
            "spend": spent,
            "new_buyers": len(new),
            "cac": cac,
            "ltv": worth,
            "ltv_cac": worth / cac if worth is not None and cac else None,
            "ltv_buyers": len(known) if expected is not None else 0,
        }
    return result


def _names(channel: str, paid: set[str]) -> list[str]:
    return [channel, "ALL", *(["PAID"] if channel in paid else [])]


def acquisition(facts: Facts) -> dict[tuple[date, str], Row]:
    """acquisition by complete month and channel."""
    return {
        (period.start, channel): row
        for period in periods(facts)
        if period.kind == "month"
        for channel, row in acquisition_of(facts, period).items()
    }


def referrals(facts: Facts) -> dict[tuple[str, date], Row]:
    """referrals by period: a person is referred once, when first referred; nobody by himself."""
    made = [
        row
        for row in facts.of(Relations).referrals
        if row["customer_id"] is None or row["customer_id"] != row["referred_customer_id"]
    ]
    firsts: dict[str, Row] = {}
    for row in sorted(made, key=lambda row: (row["referred_at"], row["referral_key"])):
        if row["referred_customer_id"]:
            firsts.setdefault(row["referred_customer_id"], row)
    result = {}
    for period in periods(facts):
        inside = [row for row in made if row["referral_date"] in period]
        referrers = {row["customer_id"] for row in inside} - {None}
        came = {c: row for c, row in firsts.items() if row["referral_date"] in period}
        orders = {
            customer: [
                order
                for order in facts.kept_by_customer.get(customer, [])
                if order["ordered_at"] >= row["referred_at"]
            ]
            for customer, row in came.items()
        }
        bought = [customer for customer, own in orders.items() if own]
        result[period.key] = {
            "referrals": len(inside),
            "referrers": len(referrers),
            "referred_leads": len(came),
            "referred_buyers": len(bought),
            "net_revenue": total(o["net_revenue"] for own in orders.values() for o in own),
            "referral_conversion": ratio(len(bought), len(came)),
            "referrals_per_referrer": ratio(len(inside), len(referrers)),
        }
    return result


def duplicates(facts: Facts) -> dict[str, Row]:
    """duplicates by source system, and ALL where there is any record."""
    records: dict[str, list[str]] = defaultdict(list)
    for (system, _), customer in facts.company.customers.items():
        records[system].append(customer)
        records["ALL"].append(customer)
    return {
        system: {
            "source_records": len(customers),
            "customers": len(set(customers)),
            "duplicate_rate": 1 - len(set(customers)) / len(customers),
        }
        for system, customers in records.items()
    }
