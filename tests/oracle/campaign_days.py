"""What followed campaigns: on single days after them, and of lapsed customers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from tests.oracle.company import Row, month, ratio
from tests.oracle.costs import campaigns
from tests.oracle.facts import Facts
from tests.oracle.lift import assignments
from tests.oracle.periods import first_day
from tests.oracle.reach import usual_gaps
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches, seed
from tests.oracle.web import Web
from tests.oracle.worth import Worth

DAYS = (0, 1, 7, 30)
WEEKS = 8
WINDOW = timedelta(days=30)
YEAR, LAPSED_GAPS = 365, 3
NAMES = ("visits", "leads", "orders", "net_revenue")
Events = dict[tuple[str | None, date], dict[str, Decimal]]


def events(facts: Facts) -> Events:
    """By customer, or nobody known, and day: visits to the web and to stores, leads, orders."""
    relations = facts.of(Relations)
    result: Events = defaultdict(lambda: dict.fromkeys(NAMES, Decimal(0)))
    for session in facts.of(Web).sessions.values():
        result[session["customer_id"], session["session_date"]]["visits"] += 1
    for row in relations.interactions:
        if (row["kind"], row["direction"]) == ("visit", "in"):
            result[row["customer_id"], row["interaction_date"]]["visits"] += 1
    for lead in relations.leads:
        if lead["lead_date"]:
            result[lead["customer_id"], lead["lead_date"]]["leads"] += 1
    for order in facts.kept:
        told = result[order["customer_id"], order["order_date"]]
        told["orders"] += 1
        told["net_revenue"] += order["net_revenue"] or 0
    return result


def day_after(facts: Facts) -> dict[tuple[str, str | None, str, int], Row]:
    """campaign_day_after by campaign id, its key for media, what it is compared with, and day."""
    return {**_lists(facts), **_media(facts)}


def _lists(facts: Facts) -> dict[tuple[str, str | None, str, int], Row]:
    """Of those assigned so many days before as_of at least; day 0 is that of the assignment."""
    known = facts.of(events)
    arms: dict[tuple[str, int, bool], list[dict[str, Decimal]]] = defaultdict(list)
    for row in facts.of(assignments):
        for after in DAYS:
            day = facts.company.day(row["assigned_at"]) + timedelta(days=after)
            if day < facts.company.as_of:
                happened = known.get((row["customer_id"], day), dict.fromkeys(NAMES, Decimal(0)))
                arms[row["campaign_id"], after, row["is_treated"]].append(happened)
    result: dict[tuple[str, str | None, str, int], Row] = {}
    for (campaign, after, is_treated), listed in arms.items():
        if not is_treated:
            continue
        held = arms.get((campaign, after, False), [])
        sums = {name: sum(row[name] for row in listed) for name in NAMES}
        beside = {
            name: float(sum(row[name] for row in held)) / len(held) * len(listed) if held else None
            for name in NAMES
        }
        result[campaign, None, "holdout", after] = {
            "is_causal": True,
            "customers": len(listed),
            "compared_customers": len(held),
            **sums,
            **{f"compared_{name}": value for name, value in beside.items()},
        }
    return result


def _media(facts: Facts) -> dict[tuple[str, str | None, str, int], Row]:
    """Of campaigns with figures of ads, and those that cost something and delivered nothing.

    The first day is that of the first figures, else of the start. The same weekdays are the last
    eight before the first day, whatever happened on them; they must all be in the calendar.
    """
    company, touches = facts.company, facts.of(Touches)
    totals: dict[date, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(NAMES, Decimal(0)))
    for (_, day), row in facts.of(events).items():
        for name in NAMES:
            totals[day][name] += row[name]
    shown: dict[str, list[date]] = defaultdict(list)
    for ad in touches.ads:
        shown[ad["campaign_key"]].append(ad["stat_date"])
    paid = {cost["campaign_key"] for cost in touches.costs} - touches.delivered
    start = first_day(facts)
    result: dict[tuple[str, str | None, str, int], Row] = {}
    for campaign in campaigns(facts):
        key = campaign["campaign_key"]
        if key not in shown and key not in paid:
            continue
        first = min(shown[key]) if key in shown else company.day(campaign["starts_at"])
        for after in DAYS:
            day = first + timedelta(days=after)
            if day >= company.as_of:
                continue
            last = next(
                first - timedelta(days=n)
                for n in range(1, 8)
                if (first - timedelta(days=n)).weekday() == day.weekday()
            )
            before = [last - timedelta(weeks=week) for week in range(WEEKS)]
            is_known = start is not None and min(before) >= start
            result[campaign["campaign_id"], key, "weekdays_before", after] = {
                "is_causal": False,
                **dict.fromkeys(("customers", "compared_customers")),
                **totals[day],
                **{
                    f"compared_{name}": float(sum(totals[d][name] for d in before)) / WEEKS
                    if is_known
                    else None
                    for name in NAMES
                },
            }
    return result


def contacts(facts: Facts) -> dict[str, Row]:
    """campaign_contacts by campaign: contacts out to somebody known.

    A customer's segment is that of the last month end before the contact, if anybody has one then.
    Lapsed is who is silent for over a year or over three times their usual gap, as it is told
    today; who never ordered before is not. Such customers count once their 30 days are over.
    """
    told = {row["campaign_key"]: row for row in campaigns(facts)}
    result: dict[str, Row] = {}
    people: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for touch in facts.of(Touches).all.values():
        key, customer = touch["campaign_key"], touch["customer_id"]
        if touch["direction"] != "out" or not key or not customer:
            continue
        campaign = told.get(key, dict.fromkeys(("source_system", "campaign_id", "target_segment")))
        row = result.setdefault(
            key,
            {
                **{n: campaign[n] for n in ("source_system", "campaign_id", "target_segment")},
                **dict.fromkeys(("contacts", "judged_contacts", "off_target_contacts"), 0),
            },
        )
        is_off = _is_off_target(facts, campaign["target_segment"], touch)
        row["contacts"] += 1
        row["judged_contacts"] += is_off is not None
        row["off_target_contacts"] += is_off is True
        people[key]["all"].add(customer)
        if touch["touched_at"] + WINDOW < facts.company.end and _is_lapsed(facts, touch):
            people[key]["lapsed"].add(customer)
            if any(
                touch["touched_at"] < order["ordered_at"] <= touch["touched_at"] + WINDOW
                for order in facts.kept_by_customer[customer]
            ):
                people[key]["back"].add(customer)
    for key, row in result.items():
        lapsed, back = len(people[key]["lapsed"]), len(people[key]["back"])
        row["customers"] = len(people[key]["all"])
        row["off_target_rate"] = ratio(row["off_target_contacts"], row["judged_contacts"])
        row |= {"lapsed_customers": lapsed, "reactivated_customers": back}
        row["reactivation_rate"] = ratio(back, lapsed)
    return result


def _is_off_target(facts: Facts, target: str | None, touch: Row) -> bool | None:
    if target is None:
        return None
    if target.strip().lower() == "all":
        return False
    kinds = {row["member"]: row["dimension"] for row in seed("segment_names")}
    kinds |= {row["segment"]: "rfm_segment" for row in seed("rfm_segments")}
    segments = facts.of(Worth).before(month(touch["touch_date"]))
    if kinds.get(target) not in ("rfm_segment", "abc_class", "value_tier") or not segments:
        return None
    own = segments.get(touch["customer_id"])
    return own is None or getattr(own, kinds[target]) != target


def _is_lapsed(facts: Facts, touch: Row) -> bool:
    orders = facts.kept_by_customer.get(touch["customer_id"], [])
    before = [o["order_date"] for o in orders if o["ordered_at"] < touch["touched_at"]]
    if not before:
        return False
    silent = (touch["touch_date"] - max(before)).days
    usual = facts.of(usual_gaps)[touch["customer_id"]]
    return silent > YEAR or (usual is not None and silent > LAPSED_GAPS * usual)
