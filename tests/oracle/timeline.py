"""What happened between a customer and the company, thing by thing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.accounts import leads
from tests.oracle.company import Row
from tests.oracle.consents import consents
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches

NOTHING: Row = dict.fromkeys(("direction", "channel", "subject", "outcome", "amount"))


def customer_timeline(facts: Facts) -> dict[str, Row]:
    """customer_timeline by key: of somebody known, and with a time.

    A case is there when it was opened, which is a contact, and when it was resolved; a quote when
    it was made and when it was decided. Nobody is told to have started a refund. A survey that
    was not answered is nothing that happened.
    """
    return {
        row["event_key"]: {**row, "event_date": facts.company.day(row["happened_at"])}
        for row in _events(facts)
        if row["customer_id"] is not None and row["happened_at"] is not None
    }


def _event(kind: str, fact: Row, key: str, at: str, **more: object) -> Row:
    return {
        **NOTHING,
        "event_key": f"{kind}|{fact[key]}",
        "customer_id": fact["customer_id"],
        "happened_at": fact[at],
        "kind": kind,
        "fact_key": fact[key],
        **more,
    }


def _events(facts: Facts) -> Iterator[Row]:
    relations = facts.of(Relations)
    for order in facts.orders:
        told = {"channel": order["channel"], "subject": order["campaign_id"]}
        told |= {"outcome": "refunded" if order["is_fully_refunded"] else None}
        told |= {"amount": order["net_revenue"], "direction": "in"}
        yield _event("order", order, "order_key", "ordered_at", **told)
    for row in facts.refunds:
        told = {"channel": row["channel"], "amount": row["amount"]}
        yield _event("refund", row, "refund_key", "refunded_at", **told)
    for row in relations.cases:
        told = {"subject": row["topic"], "direction": "out"}
        yield _event("case_resolved", row, "case_key", "resolved_at", **told)
    for row in relations.quotes:
        amount = row["amount"]
        yield _event("quote", row, "quote_key", "quoted_at", amount=amount, direction="out")
        told = {"outcome": row["status"], "amount": amount, "direction": "in"}
        yield _event("quote_decided", row, "quote_key", "decided_at", **told)
    for row in facts.of(consents):
        told = {"channel": row["channel"], "subject": row["purpose"], "outcome": row["status"]}
        yield _event("consent", row, "consent_key", "occurred_at", direction="in", **told)
    for row in relations.surveys:
        told = {"subject": row["survey"], "direction": "in"}
        yield _event("survey", row, "response_key", "answered_at", **told)
    for row in relations.answers:
        told = {"subject": row["question"], "outcome": row["need"], "direction": "in"}
        yield _event("answer", row, "answer_key", "answered_at", **told)
    for row in relations.referrals:
        told = {"channel": row["channel"], "direction": "in"}
        yield _event("referral", row, "referral_key", "referred_at", **told)
    for key, row in facts.of(leads).items():
        told = {"channel": row["lead_source"], "subject": row["interest"]}
        told |= {"outcome": row["status"], "direction": "in"}
        yield _event("lead", {**row, "lead_key": key}, "lead_key", "lead_at", **told)
    topics = {row["interaction_key"]: row["topic"] for row in relations.interactions}
    topics |= {row["case_key"]: row["topic"] for row in relations.cases}
    answers = {True: "answered", False: "not answered", None: None}
    for key, touch in facts.of(Touches).all.items():
        yield {
            **NOTHING,
            "event_key": key,
            "happened_at": touch["touched_at"],
            **{name: touch[name] for name in ("customer_id", "kind", "direction", "channel")},
            "subject": topics.get(touch["fact_key"], touch["campaign_id"]),
            "outcome": answers[touch["is_answered"]],
            "fact_key": touch["fact_key"],
        }
