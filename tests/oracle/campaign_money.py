"""What campaigns cost, and what they are credited with."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tests.oracle.attribution import credits
from tests.oracle.company import Row, ratio, total
from tests.oracle.costs import campaigns
from tests.oracle.facts import Facts
from tests.oracle.lift import assignments
from tests.oracle.touches import Touches

MODEL = "last_touch"
MEDIA = "media"
Spent = dict[tuple[str, str, str], Row]


def cost_types(facts: Facts) -> Spent:
    """campaign_cost_types by system, campaign and type; what ad platforms bill is media.

    A cost is that of the campaign it leads to, else of whatever its system names. A day of ads
    whose spend nobody told cost nothing; a cost without a rate is counted as unknown.
    """
    touches = facts.of(Touches)
    known = {row["campaign_key"]: row for row in campaigns(facts)}
    spent = [(row, row["cost_type"], row["amount"]) for row in touches.costs]
    spent += [(ad, MEDIA, ad["spend"]) for ad in touches.ads if ad["spend_original"] is not None]
    result: Spent = {}
    for row, kind, amount in spent:
        campaign = known.get(row["campaign_key"], row)
        key = (campaign["source_system"], campaign["campaign_id"], kind)
        told = result.setdefault(
            key,
            {
                "campaign_key": row["campaign_key"],
                "costs": 0,
                "unknown_costs": 0,
                "amount": Decimal("0.00"),
            },
        )
        told["costs"] += 1
        told["unknown_costs"] += amount is None
        told["amount"] += amount or 0
    return result


def roi(facts: Facts) -> dict[str, Row]:
    """campaign_roi by campaign; credited is by last touch.

    What a campaign brought more than its holdout is told once the 30 days are over for everybody
    assigned. Contributions that are unknown count as nothing.
    """
    costs: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for (_, _, kind), row in facts.of(cost_types).items():
        if row["campaign_key"]:
            costs[row["campaign_key"]].append((kind, row))
    credited: dict[str, list[Row]] = defaultdict(list)
    for (_, model, _), row in facts.of(credits).items():
        if model == MODEL and row["campaign_key"]:
            credited[row["campaign_key"]].append(row)
    result = {}
    for campaign in campaigns(facts):
        key = campaign["campaign_key"]
        media = total(row["amount"] for kind, row in costs[key] if kind == MEDIA)
        other = total(row["amount"] for kind, row in costs[key] if kind != MEDIA)
        revenue = total(row["revenue_credit"] for row in credited[key])
        contribution = total(row["contribution_credit"] for row in credited[key])
        gained = _incremental(facts, campaign["campaign_id"])
        spent = media + other
        result[key] = {
            "source_system": campaign["source_system"],
            "campaign_id": campaign["campaign_id"],
            "campaign_name": campaign["name"],
            "media_cost": media,
            "other_cost": other,
            "total_cost": spent,
            "unknown_costs": sum(row["unknown_costs"] for _, row in costs[key]),
            "attributed_revenue": revenue,
            "attributed_contribution": contribution,
            "roas": ratio(revenue, media),
            "roi": ratio(contribution - spent, spent),
            "incremental_contribution": gained,
            "incremental_roi": None if gained is None else ratio(gained - float(spent), spent),
        }
    return result


def _incremental(facts: Facts, campaign_id: str) -> float | None:
    rows = [row for row in facts.of(assignments) if row["campaign_id"] == campaign_id]
    listed = [row["contribution"] for row in rows if row["is_treated"]]
    held = [row["contribution"] for row in rows if not row["is_treated"]]
    if not listed or not held or not all(row["is_over"] for row in rows):
        return None
    return len(listed) * (float(total(listed)) / len(listed) - float(total(held)) / len(held))
