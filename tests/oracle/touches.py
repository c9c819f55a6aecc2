"""Contacts in and out, and what each cost."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property

from cartera.settings import CHECKOUT
from tests.oracle.company import Row, total
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations, is_reached
from tests.oracle.web import Web

UNROUNDED = Decimal("0.00000001")


@cache
def seed(name: str) -> list[dict[str, str]]:
    """A seed of the project: a table that a company makes its own."""
    with (CHECKOUT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def channel_costs() -> dict[tuple[str, str], Decimal]:
    """By channel and direction, what a contact costs."""
    return {
        (row["channel"], row["direction"]): Decimal(row["cost"]) for row in seed("channel_costs")
    }


def eight(amount: Decimal) -> Decimal:
    """A share of a cost, as exact as tables hold it."""
    return amount.quantize(UNROUNDED, ROUND_HALF_UP)


class Touches:
    """Contacts before as_of."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.company = facts.company
        self.relations = facts.of(Relations)

    @cached_property
    def all(self) -> dict[str, Row]:
        """fct_touchpoints by key."""
        touches = [*self._messages(), *self._web(), *self._calls(), *self._cases()]
        for touch in touches:
            touch["touch_date"] = self.company.day(touch["touched_at"])
        return {touch["touch_key"]: touch for touch in touches}

    @cached_property
    def outcomes(self) -> list[Row]:
        """fct_contact_outcomes before as_of: what became of contacts from a list.

        One is of the campaign that it names, else of its list's. Should two systems have a list of
        that id, the first of their campaigns is taken.
        """
        lists: dict[str, list[str]] = defaultdict(list)
        for pull in self.facts.pulls:
            if pull.get("campaign_id"):
                lists[pull["pull_id"]].append(pull["campaign_id"])
        outcomes = [
            {
                **row,
                "campaign_id": row.get("campaign_id")
                or min(lists.get(row.get("pull_id") or "", ()), default=None),
            }
            for row in self.company.latest("contact_outcomes")
            if row["occurred_at"] < self.company.end
        ]
        return [
            {
                "outcome_key": f"{row['source_system']}|{row['outcome_id']}",
                "source_system": row["source_system"],
                "outcome_id": row["outcome_id"],
                "customer_id": self.company.customer(row),
                "is_identifiable": self.company.reference(row) is not None,
                "pull_id": row.get("pull_id"),
                "campaign_id": row["campaign_id"],
                "campaign_key": self.facts.campaign(row["source_system"], row["campaign_id"]),
                "channel": row.get("channel"),
                "outcome": row["outcome"],
                "is_answered": is_reached(row["outcome"]),
                "occurred_at": row["occurred_at"],
                "outcome_date": self.company.day(row["occurred_at"]),
            }
            for row in outcomes
        ]

    @cached_property
    def costs(self) -> list[Row]:
        """fct_campaign_costs before as_of."""
        result = []
        for row in self.company.latest("campaign_costs"):
            if row["cost_date"] >= self.company.as_of:
                continue
            rate, rate_day = self.company.rate(row["currency"], row["cost_date"])
            result.append(
                {
                    "cost_key": f"{row['source_system']}|{row['cost_id']}",
                    "source_system": row["source_system"],
                    "cost_id": row["cost_id"],
                    "campaign_id": row["campaign_id"],
                    "campaign_key": self.facts.campaign(row["source_system"], row["campaign_id"]),
                    "cost_date": row["cost_date"],
                    "cost_type": row["cost_type"],
                    "is_media": row["cost_type"] == "media",
                    "amount_original": row["amount"],
                    "currency": row["currency"].upper(),
                    "fx_rate": rate,
                    "fx_date": rate_day,
                    "is_fx_missing": rate is None,
                    "amount": self.company.money(row["amount"], row["currency"], row["cost_date"]),
                }
            )
        return result

    @cached_property
    def ads(self) -> list[Row]:
        """fct_ad_stats before as_of: a spend that was not told stays unknown."""
        result = []
        for row in self.company.latest("ad_stats"):
            if row["stat_date"] >= self.company.as_of:
                continue
            rate, rate_day = self.company.rate(row["currency"], row["stat_date"])
            day, system = row["stat_date"], row["source_system"]
            result.append(
                {
                    "ad_stat_key": f"{system}|{row['campaign_id']}|{row['platform']}|{day}",
                    "source_system": system,
                    "campaign_id": row["campaign_id"],
                    "campaign_key": self.facts.campaign(system, row["campaign_id"]),
                    "platform": row["platform"].lower(),
                    "stat_date": day,
                    **{name: row.get(name) for name in ("impressions", "reach", "clicks")},
                    "spend_original": row["spend"],
                    "currency": row["currency"].upper(),
                    "fx_rate": rate,
                    "fx_date": rate_day,
                    "is_fx_missing": rate is None,
                    "spend": self.company.money(row["spend"], row["currency"], day),
                }
            )
        return result

    @cached_property
    def delivered(self) -> set[str]:
        """Campaigns that delivered a message, to anybody."""
        return {
            message["campaign_key"]
            for message in self.facts.messages
            if message["event_type"] == "delivered"
        }

    def _messages(self) -> list[Row]:
        """Delivered messages: each costs its share of what the campaign cost, where that is known,
        else what the channel costs. A click or a voucher answers, an opening does not."""
        spent: dict[str, list[Decimal]] = defaultdict(list)
        for cost in self.costs:
            if cost["campaign_key"] and cost["amount"] is not None:
                spent[cost["campaign_key"]].append(cost["amount"])
        delivered = [m for m in self.facts.messages if m["event_type"] == "delivered"]
        number: dict[str, int] = defaultdict(int)
        for message in delivered:
            number[message["campaign_key"]] += 1
        answers: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for message in self.facts.messages:
            if message["event_type"] in ("click", "redeem"):
                answers[message["source_system"], message["message_id"]].append(message)
        result = []
        for message in delivered:
            campaign = message["campaign_key"]
            answered = [
                answer["event_at"]
                for answer in answers[message["source_system"], message["message_id"]]
            ]
            cost = channel_costs().get((message["channel"], "out"))
            if campaign in spent:
                cost = total(spent[campaign]) / number[campaign]
            result.append(
                {
                    "touch_key": f"message|{message['message_key']}",
                    "fact_key": message["message_key"],
                    **{name: message[name] for name in ("source_system", "customer_id")},
                    "touched_at": message["event_at"],
                    "direction": "out",
                    "kind": "message",
                    **{name: message[name] for name in ("channel", "campaign_id", "variant")},
                    "campaign_key": campaign,
                    "step": message["step"],
                    "is_answered": bool(answered),
                    "answered_at": min(answered, default=None),
                    "cost": None if cost is None else eight(cost),
                }
            )
        return result

    def _web(self) -> list[Row]:
        """Sessions of somebody known, and each ad click in them."""
        result = []
        for session in self.facts.of(Web).sessions.values():
            if session["customer_id"] is None:
                continue
            campaign = session["utm_campaign"]
            came = {
                "fact_key": session["session_key"],
                **{name: session[name] for name in ("source_system", "customer_id", "channel")},
                "direction": "in",
                "campaign_id": campaign,
                "campaign_key": self.facts.campaign(session["source_system"], campaign),
                **dict.fromkeys(("variant", "step")),
                "is_answered": True,
                "cost": Decimal(0),
            }
            clicks = [e for e in session["all"] if e["event_type"] == "ad_click"]
            at = session["started_at"]
            result.append(
                came
                | {"touch_key": f"session|{session['session_key']}", "kind": "session"}
                | {"touched_at": at, "answered_at": at}
            )
            result += [
                came
                | {"touch_key": f"click|{event['source_system']}|{event['event_id']}"}
                | {"kind": "ad_click", "touched_at": event["occurred_at"]}
                | {"answered_at": event["occurred_at"]}
                for event in clicks
            ]
        return result

    def _calls(self) -> list[Row]:
        """Interactions, and calls from a list."""
        calls = [
            {
                "touch_key": f"interaction|{row['interaction_key']}",
                "fact_key": row["interaction_key"],
                "touched_at": row["occurred_at"],
                "channel": "phone" if row["kind"] == "call" else row["kind"],
                **dict.fromkeys(("campaign_id", "campaign_key")),
                **{name: row[name] for name in ("kind", "direction", "is_answered")},
                **{name: row[name] for name in ("source_system", "customer_id")},
            }
            for row in self.relations.interactions
        ]
        calls += [
            {
                "touch_key": f"outcome|{row['outcome_key']}",
                "fact_key": row["outcome_key"],
                "touched_at": row["occurred_at"],
                "channel": "phone",
                "kind": "call",
                "direction": "out",
                **{name: row[name] for name in ("campaign_id", "campaign_key", "is_answered")},
                **{name: row[name] for name in ("source_system", "customer_id")},
            }
            for row in self.outcomes
            if row["channel"] == "phone"
        ]
        return [
            call
            | {"answered_at": call["touched_at"] if call["is_answered"] else None}
            | {"variant": None, "step": None}
            | {"cost": channel_costs().get((call["channel"], call["direction"]))}
            for call in calls
        ]

    def _cases(self) -> list[Row]:
        return [
            {
                "touch_key": f"case|{case['case_key']}",
                "fact_key": case["case_key"],
                **{name: case[name] for name in ("source_system", "customer_id")},
                "touched_at": case["opened_at"],
                "direction": "in",
                "kind": "case",
                "channel": "service",
                **dict.fromkeys(("campaign_id", "campaign_key", "variant", "step")),
                "is_answered": True,
                "answered_at": case["opened_at"],
                "cost": Decimal(0),
            }
            for case in self.relations.cases
        ]
