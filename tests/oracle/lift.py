"""What campaigns moved: who was put on a list ordered more often than who was held out."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import timedelta
from math import sqrt

from tests.oracle.company import Row, ratio, total
from tests.oracle.facts import Facts

CONVERSION = timedelta(days=30)
Z = 1.96
MOST = 50
NO_VARIANT = "(none)"


def assignments(facts: Facts) -> list[Row]:
    """Each customer of a campaign once, in the arm and variant of their first pull.

    Who is in both arms is in neither. Of one moment the first variant by name counts. Converted is
    who ordered within 30 days of being assigned, both ends in; a window that has not ended before
    as_of is not over.
    """
    firsts: dict[tuple[str, str], Row] = {}
    for pull in facts.pulls:
        if pull["is_in_both_arms"] or pull["bucket"] not in ("list", "holdout"):
            continue
        if pull["customer_id"] is None or pull.get("campaign_id") is None:
            continue
        key = (pull["campaign_id"], pull["customer_id"])
        variant = pull.get("variant") or NO_VARIANT
        if key not in firsts or (pull["pulled_at"], variant) < (
            firsts[key]["assigned_at"],
            firsts[key]["variant"],
        ):
            firsts[key] = {
                "campaign_id": key[0],
                "customer_id": key[1],
                "is_treated": pull["bucket"] == "list",
                "variant": variant,
                "assigned_at": pull["pulled_at"],
            }
    for row in firsts.values():
        start = row["assigned_at"]
        orders = [
            order
            for order in facts.kept_by_customer.get(row["customer_id"], [])
            if start <= order["ordered_at"] <= start + CONVERSION
        ]
        row["is_over"] = start + CONVERSION < facts.company.end
        row["is_converted"] = bool(orders)
        row["contribution"] = total(order["contribution"] for order in orders)
    return list(firsts.values())


def over(facts: Facts) -> dict[str, list[Row]]:
    """By campaign, assignments whose window is over."""
    result: dict[str, list[Row]] = defaultdict(list)
    for row in facts.of(assignments):
        if row["is_over"]:
            result[row["campaign_id"]].append(row)
    return result


def campaign_lift(facts: Facts) -> dict[tuple[str, str], Row]:
    """campaign_lift by campaign and variant; who was held out from no variant is so from all."""
    result = {}
    for campaign, rows in facts.of(over).items():
        listed = [row for row in rows if row["is_treated"]]
        for variant in {"ALL", *(row["variant"] for row in listed)} if listed else ():
            treated = [r for r in listed if variant in ("ALL", r["variant"])]
            held = [
                row
                for row in rows
                if not row["is_treated"]
                and (variant == "ALL" or row["variant"] in (variant, NO_VARIANT))
            ]
            told = compared(treated, held)
            result[campaign, variant] = {
                **told,
                "treated": told["customers"],
                "held_out": told["other_customers"],
                "treated_conversions": told["conversions"],
                "holdout_conversions": told["other_conversions"],
                "treated_rate": told["rate"],
                "holdout_rate": told["other_rate"],
            }
    return result


def variant_lift(facts: Facts) -> dict[tuple[str, str, str], Row]:
    """variant_lift by campaign and two variants; who was listed for none is of no variant."""
    result = {}
    for campaign, rows in facts.of(over).items():
        arms: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row["is_treated"] and row["variant"] != NO_VARIANT:
                arms[row["variant"]].append(row)
        for one, other in itertools.combinations(sorted(arms), 2):
            result[campaign, one, other] = compared(arms[one], arms[other])
    return result


def compared(treated: list[Row], others: list[Row]) -> Row:
    """Two arms; where nobody converted in either, nothing is known of their difference.

    Expected conversions of an arm are those that it had.
    """
    many, few = len(treated), len(others)
    won = sum(row["is_converted"] for row in treated)
    same = sum(row["is_converted"] for row in others)
    row: Row = {
        "customers": many,
        "conversions": won,
        "rate": ratio(won, many),
        "other_customers": few,
        "other_conversions": same,
        "other_rate": ratio(same, few),
        **dict.fromkeys(("abs_lift", "ci_low", "ci_high", "rel_lift")),
        **dict.fromkeys(("incremental_conversions", "is_significant")),
        "is_reliable": min(won, same) >= MOST,
    }
    if many and few and won + same:
        rate, base = won / many, same / few
        lift = rate - base
        spread = Z * sqrt(rate * (1 - rate) / many + base * (1 - base) / few)
        row |= {
            "abs_lift": lift,
            "ci_low": lift - spread,
            "ci_high": lift + spread,
            "rel_lift": ratio(lift, base),
            "incremental_conversions": lift * many,
            "is_significant": not lift - spread <= 0 <= lift + spread,
        }
    return row
