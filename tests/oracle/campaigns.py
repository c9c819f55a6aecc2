"""Interact: who was reached by what."""

from __future__ import annotations

from collections import defaultdict

from tests.oracle.company import Row, ratio
from tests.oracle.facts import Facts
from tests.oracle.touches import Touches

EVENTS = {
    "sent": {"sent"},
    "delivered": {"delivered"},
    "opened": {"open"},
    "clicked": {"click"},
    "bounced": {"bounce", "hard_bounce"},
    "unsubscribed": {"unsubscribe"},
    "complained": {"complaint"},
    "redeemed": {"redeem"},
}
RATES = {
    "open_rate": "opened",
    "click_rate": "clicked",
    "unsubscribe_rate": "unsubscribed",
    "complaint_rate": "complained",
}
ADS = {"impressions": "impressions", "reach": "reach", "ad_clicks": "clicks"}
NO_ADS = dict.fromkeys((*ADS, "clicks_per_impression"))
Cell = tuple[str, str, str, int | None]


def performance(facts: Facts) -> dict[Cell, Row]:
    """campaign_performance by system, campaign, variant and step: unique customers.

    A message without a variant is of the variant (none), one without a step of the first. A list or
    a call names a campaign by id alone: it is that of every system that has one of that id.
    """
    people: dict[Cell, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for message in facts.messages:
        if message["customer_id"] is None:
            continue
        campaign = (message["source_system"], message["campaign_id"])
        variant = message["variant"] or "(none)"
        for part in (("ALL", None), (variant, None), (variant, message["step"] or 1)):
            people[*campaign, *part][message["event_type"]].add(message["customer_id"])
    campaigns = facts.campaigns
    for row in campaigns:
        for variant, customer, events in facts.of(_calls)[row["campaign_id"]]:
            for part in (("ALL", None), (variant, None), (variant, 1)):
                for event in events:
                    people[row["source_system"], row["campaign_id"], *part][event].add(customer)
    arms = _arms(facts)
    for row in campaigns:
        for campaign, variant in arms:
            if campaign == row["campaign_id"]:
                people[row["source_system"], campaign, variant, None].update()
    ads = _ads(facts)
    for campaign in ads:
        people[*campaign, "ALL", None].update()
    names = {(row["source_system"], row["campaign_id"]): row["name"] for row in campaigns}
    return {
        cell: {
            "campaign_name": names.get(cell[:2]),
            **(ads.get(cell[:2], NO_ADS) if cell[2:] == ("ALL", None) else NO_ADS),
            **_counts(events, None if cell[3] else arms.get((cell[1], cell[2]))),
        }
        for cell, events in people.items()
    }


def _calls(facts: Facts) -> dict[str, list[tuple[str, str, list[str]]]]:
    """By campaign, the variant, the customer and the events that the outcome of a call stands for.

    What became of a message is told by the message. A call is of the variant of its list; who is
    twice on a list is there by the first of them.
    """
    lists: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for pull in facts.pulls:
        if pull["customer_id"] and pull["bucket"] == "list":
            lists[pull["pull_id"], pull["customer_id"]].append(pull)
    result: dict[str, list[tuple[str, str, list[str]]]] = defaultdict(list)
    for call in facts.of(Touches).outcomes:
        customer = call["customer_id"]
        if customer is None or call["channel"] != "phone":
            continue
        listed = lists[call["pull_id"], customer]
        variant = min((pull["variant"] for pull in listed if pull.get("variant")), default=None)
        events = ["sent"]
        if call["is_answered"]:
            events.append("delivered")
        if call["outcome"] == "wrong_address":
            events.append("hard_bounce")
        if call["outcome"] == "opt_out":
            events.append("unsubscribe")
        if call["campaign_id"]:
            result[call["campaign_id"]].append((variant or "(none)", customer, events))
    return result


def _ads(facts: Facts) -> dict[tuple[str, str], Row]:
    """What platforms counted, by system and id of the campaign that their ads are of.

    What nobody counted adds nothing; where nobody counted at all nothing is known.
    """
    known = {f"{r['source_system']}|{r['campaign_id']}": r for r in facts.campaigns}
    figures: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for ad in facts.of(Touches).ads:
        campaign = known.get(ad["campaign_key"], ad)
        figures[campaign["source_system"], campaign["campaign_id"]].append(ad)
    result = {}
    for campaign, rows in figures.items():
        sums = {}
        for name, source in ADS.items():
            told = [row[source] for row in rows if row[source] is not None]
            sums[name] = sum(told) if told else None
        shown, clicks = sums["impressions"], sums["ad_clicks"]
        rate = None if shown is None or clicks is None else ratio(clicks, shown)
        result[campaign] = {**sums, "clicks_per_impression": rate}
    return result


def _counts(events: dict[str, set[str]], arms: dict[str, set[str]] | None) -> Row:
    counts = {
        name: len(set().union(*(events[event] for event in kinds)))
        for name, kinds in EVENTS.items()
    }
    return {
        "targeted": len(arms["list"]) if arms else None,
        "held_out": len(arms["holdout"]) if arms else None,
        **counts,
        **{rate: ratio(counts[name], counts["delivered"]) for rate, name in RATES.items()},
    }


def _arms(facts: Facts) -> dict[tuple[str, str], dict[str, set[str]]]:
    """Who was put on a campaign's list and who was held out; who is in both is in neither."""
    result: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(
        lambda: {"list": set(), "holdout": set(), "excluded": set()}
    )
    for pull in facts.pulls:
        if pull["customer_id"] and pull.get("campaign_id") and not pull["is_in_both_arms"]:
            for variant in (pull.get("variant") or "(none)", "ALL"):
                result[pull["campaign_id"], variant][pull["bucket"]].add(pull["customer_id"])
    return result
