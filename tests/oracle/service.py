"""Service: complaints and how they end, who has to write twice, and who was rescued."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.oracle.buyers import SCHEMES
from tests.oracle.company import Row, month, ratio, total
from tests.oracle.facts import Facts
from tests.oracle.periods import Period, median, periods, quantile
from tests.oracle.relations import Relations
from tests.oracle.worth import Worth

ALL = "ALL"
REOPEN = REPEAT = timedelta(days=7)
RESCUE = timedelta(days=90)


def outcomes(facts: Facts) -> list[Row]:
    """Cases and how they ended: the weight is what the customer contributed, nothing below zero.

    Settled at once is what was resolved on first contact and not back in seven days. A case that
    is open has no time to resolve, and a topic that nobody told is unknown.
    """
    values = facts.of(Worth).values(facts.company.as_of)
    result = []
    for case in facts.of(Relations).cases:
        worth = values.get(case["customer_id"], {}).get("contribution", Decimal(0))
        hours = None
        if case["resolved_at"] and not case["is_open"]:
            hours = (case["resolved_at"] - case["opened_at"]).total_seconds() / 3600
        result.append(
            {
                **case,
                "topic": case["topic"] or "unknown",
                "is_settled": case["is_resolved_first_contact"] and not case["is_reopened_soon"],
                "hours": hours,
                "weight": max(worth, Decimal("0.00")),
            }
        )
    return result


def service_kpis(facts: Facts) -> dict[tuple[str, date, str], Row]:
    """service_kpis by period and topic; ALL is there whether or not there was a case.

    A topic of contacts alone is there once it is known who came again.
    """
    result = {}
    for period in periods(facts):
        cases = [case for case in facts.of(outcomes) if case["opened_date"] in period]
        contacts = [c for c in facts.of(first_contacts) if c["month"] in period]
        told = {ALL, *(case["topic"] for case in cases)}
        if period.end + REPEAT <= facts.company.as_of:
            told |= {contact["topic"] for contact in contacts}
        for topic in told:
            result[*period.key, topic] = {
                **_cases(facts, period, [c for c in cases if topic in (ALL, c["topic"])]),
                **_contacts(facts, period, [c for c in contacts if topic in (ALL, c["topic"])]),
                **(_surveys(facts, period) if topic == ALL else dict.fromkeys(SURVEYED)),
                **(_rescued(facts, period) if topic == ALL else dict.fromkeys(RESCUED)),
            }
    return result


def _cases(facts: Facts, period: Period, cases: list[Row]) -> Row:
    complaints = [case for case in cases if case["kind"] == "complaint"]
    settled = [case for case in complaints if case["is_settled"]]
    timed = [case for case in complaints if case["hours"] is not None]
    is_over = period.end + REOPEN <= facts.company.as_of
    weight, settled_weight = (total(c["weight"] for c in rows) for rows in (complaints, settled))
    timed_weight = total(case["weight"] for case in timed)
    scores = [case["csat_of_5"] for case in cases if case["csat_of_5"] is not None]
    return {
        "cases": len(cases),
        "complaints": len(complaints),
        "settled_of": len(complaints) if is_over else None,
        "settled_at_once": len(settled) if is_over else None,
        "first_contact_resolution": ratio(len(settled), len(complaints)) if is_over else None,
        "settled_of_weight": weight if is_over else None,
        "settled_at_once_weight": settled_weight if is_over else None,
        "first_contact_resolution_by_value": ratio(settled_weight, weight) if is_over else None,
        "resolved_complaints": len(timed),
        "hours_to_resolve_median": median(case["hours"] for case in timed),
        "hours_to_resolve_p90": quantile((case["hours"] for case in timed), 0.9),
        "hours_to_resolve_by_value": ratio(
            sum(case["hours"] * float(case["weight"]) for case in timed), float(timed_weight)
        ),
        "case_scored": len(scores),
        "case_score": sum(scores) if scores else None,
        "case_csat": ratio(sum(scores), len(scores)),
        "case_scored_share": ratio(len(scores), len(cases)),
    }


def first_contacts(facts: Facts) -> list[Row]:
    """By month, topic and customer: whether a contact came again within seven days.

    A contact is a case, or what the customer started otherwise, with a topic. Two of one moment
    are one. The month is that of the first of the two.
    """
    relations = facts.of(Relations)
    moments: dict[tuple[str, str], dict[datetime, date]] = defaultdict(dict)
    for case in relations.cases:
        if case["customer_id"] and case["topic"]:
            own = moments[case["customer_id"], case["topic"]]
            own[case["opened_at"]] = case["opened_date"]
    for row in relations.interactions:
        if row["customer_id"] and row["topic"] and row["direction"] == "in":
            own = moments[row["customer_id"], row["topic"]]
            own[row["occurred_at"]] = row["interaction_date"]
    told: dict[tuple[date, str, str], bool] = defaultdict(bool)
    for (customer, topic), own in moments.items():
        for at, day in own.items():
            again = any(at < other <= at + REPEAT for other in own)
            told[month(day), topic, customer] |= again
    return [
        {"month": start, "topic": topic, "customer_id": customer, "again": again}
        for (start, topic, customer), again in told.items()
    ]


def _contacts(facts: Facts, period: Period, contacts: list[Row]) -> Row:
    is_over = period.end + REPEAT <= facts.company.as_of
    customers = {contact["customer_id"] for contact in contacts}
    again = {contact["customer_id"] for contact in contacts if contact["again"]}
    return {
        "contacting_customers": len(customers) if is_over else None,
        "repeating_customers": len(again) if is_over else None,
        "repeat_contact_rate": ratio(len(again), len(customers)) if is_over else None,
    }


SURVEYED = (
    *("relationship_surveys", "relationship_scored", "relationship_score", "relationship_csat"),
    "relationship_scored_share",
)
RESCUED = (
    *("valuable_complainers", "rescuable", "rescued", "rescuable_in_time", "rescued_in_time"),
    *("rescuable_late", "rescued_late", "rescue_rate", "rescue_rate_in_time", "rescue_rate_late"),
)


def _surveys(facts: Facts, period: Period) -> Row:
    """Surveys of the relationship of the day on which they were sent, else answered."""
    surveys = [
        survey
        for survey in facts.of(Relations).surveys
        if survey["kind"] == "relationship"
        and (survey["sent_date"] or _day(facts, survey["answered_at"])) in period
    ]
    scores = [s["score_of_5"] for s in surveys if s["score_of_5"] is not None]
    return {
        "relationship_surveys": len(surveys),
        "relationship_scored": len(scores),
        "relationship_score": sum(scores) if scores else None,
        "relationship_csat": ratio(sum(scores), len(scores)),
        "relationship_scored_share": ratio(len(scores), len(surveys)),
    }


def _day(facts: Facts, moment: datetime | None) -> date | None:
    return facts.company.day(moment) if moment is not None else None


def _rescued(facts: Facts, period: Period) -> Row:
    """Who complained and was A or MVC on the last month end before: by the first such complaint.

    Rescued is who ordered again after it and within 90 days, to the second. Of a period that begins
    before the history of segments nothing is known.
    """
    worth = facts.of(Worth)
    if not worth.month_starts or worth.month_starts[-1] > period.start:
        return dict.fromkeys(RESCUED)
    firsts: dict[str, Row] = {}
    for case in sorted(facts.of(outcomes), key=lambda c: (c["opened_at"], c["case_key"])):
        customer = case["customer_id"]
        if case["kind"] != "complaint" or not customer or case["opened_date"] not in period:
            continue
        there = worth.before(month(case["opened_date"]))
        if customer in there and there[customer].is_valuable:
            firsts.setdefault(customer, case)
    saved = {
        customer
        for customer, case in firsts.items()
        if any(
            case["opened_at"] < order["ordered_at"] <= case["opened_at"] + RESCUE
            for order in facts.kept_by_customer.get(customer, [])
        )
    }
    in_time = {c for c, case in firsts.items() if case["acted_in_time"] is True}
    late = {c for c, case in firsts.items() if case["acted_in_time"] is False}
    if period.end + RESCUE > facts.company.as_of:
        return dict.fromkeys(RESCUED) | {"valuable_complainers": len(firsts)}
    return {
        "valuable_complainers": len(firsts),
        "rescuable": len(firsts),
        "rescued": len(saved),
        "rescuable_in_time": len(in_time),
        "rescued_in_time": len(in_time & saved),
        "rescuable_late": len(late),
        "rescued_late": len(late & saved),
        "rescue_rate": ratio(len(saved), len(firsts)),
        "rescue_rate_in_time": ratio(len(in_time & saved), len(in_time)),
        "rescue_rate_late": ratio(len(late & saved), len(late)),
    }


def complaints_by_segment(facts: Facts) -> dict[tuple[str, date, str, str], Row]:
    """complaints_by_segment by period, dimension and member that has any of the two."""
    complaints = [
        (case["opened_date"], place, case)
        for case in facts.of(outcomes)
        if case["kind"] == "complaint"
        for place in {*_segments(facts, case["customer_id"]), *_products(facts, [case])}
    ]
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in facts.lines:
        lines[line["order_key"]].append(line)
    orders = [
        (order["order_date"], place)
        for order in facts.kept
        for place in {
            *_segments(facts, order["customer_id"]),
            *_products(facts, lines[order["order_key"]]),
        }
    ]
    result = {}
    for period in periods(facts):
        cases: dict[tuple[str, str], list[Row]] = defaultdict(list)
        sold: dict[tuple[str, str], int] = defaultdict(int)
        for day, place, case in complaints:
            if day in period:
                cases[place].append(case)
        for day, place in orders:
            sold[place] += day in period
        weight_of_all = total(case["weight"] for case in cases[ALL, ALL])
        for place in {place for places in (cases, sold) for place in places if places[place]}:
            own, weight = cases[place], total(case["weight"] for case in cases[place])
            result[*period.key, *place] = {
                "complaints": len(own),
                "orders": sold[place],
                "complaints_per_100_orders": ratio(100 * len(own), sold[place]),
                "settled_at_once_share": ratio(sum(c["is_settled"] for c in own), len(own)),
                "complaints_weight": weight,
                "complaints_weight_share": ratio(weight, weight_of_all),
            }
    return result


def _segments(facts: Facts, customer: str | None) -> set[tuple[str, str]]:
    """ALL, and the segments that somebody has at as_of; of nobody, or without one, (none)."""
    own = facts.of(Worth).segments(facts.company.as_of).get(customer or "")
    return {(ALL, ALL)} | {(s, getattr(own, s) if own else "(none)") for s in SCHEMES}


def _products(facts: Facts, rows: list[Row]) -> set[tuple[str, str]]:
    """The products that lines or a case name, by the id that systems share, and categories."""
    places = set()
    for row in rows:
        known = facts.products.get(row["product_key"] or "")
        product = row.get("product_id") or (known and known["product_id"])
        if product:
            places.add(("product", product))
        if known and known["category"]:
            places.add(("category", known["category"]))
    return places
