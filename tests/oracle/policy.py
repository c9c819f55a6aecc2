"""Whom to contact for what, by which channel and when, and what is against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

from tests.oracle.company import FIRST, Row
from tests.oracle.consents import consented, consents
from tests.oracle.customers import dim_customers
from tests.oracle.facts import Facts
from tests.oracle.reach import ADDRESS, preferred_channels
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches

PURPOSES = ("marketing", "service", "rescue", "referral_ask")
MOST, WEEK, ANSWERS = 3, timedelta(days=7), 3


def contact_policy(facts: Facts) -> dict[tuple[str, str], Row]:
    """contact_policy by customer and purpose; what is against it is so on the channel preferred.

    Nobody tells how often they would like to be contacted. A consent for the channel and purpose
    that was given after somebody had left makes up for it; a message that arrived after another had
    bounced for good, for that. Who has no channel at all has no consent and no address to lack.
    """
    company, warned = facts.company, facts.of(warnings)
    contacts: dict[str, list[Row]] = defaultdict(list)
    for touch in facts.of(Touches).all.values():
        if touch["customer_id"] and touch["direction"] == "out":
            contacts[touch["customer_id"]].append(touch)
    angry = {
        case["customer_id"]
        for case in facts.of(Relations).cases
        if case["kind"] == "complaint" and case["is_open"]
    }
    told: dict[tuple[str, str, str], datetime] = {}
    for event in facts.of(consents):
        if event["is_current"] and event["customer_id"]:
            place = (event["customer_id"], event["channel"], event["purpose"])
            told[place] = max(event["occurred_at"], told.get(place, event["occurred_at"]))
    result = {}
    for customer, known in facts.of(dim_customers).items():
        channel, by = facts.of(preferred_channels)[customer]
        last = {kind: warned.get((customer, channel, kind)) for kind in KINDS}
        week = sum(t["touch_date"] >= company.as_of - WEEK for t in contacts[customer])
        is_email = channel == "email"
        for purpose in PURPOSES:
            place = (customer, channel or "", purpose)
            has_consent = facts.of(consented).get(place, False)
            left = last["unsubscribe"]
            came_back = left and has_consent and told[place] > left
            bounced = last["hard_bounce"]
            against = {
                "no_channel": channel is None,
                "no_address": channel is not None and not known.get(ADDRESS.get(channel, "")),
                "no_consent": channel is not None and not has_consent,
                "unsubscribed": (is_email and known["is_unsubscribed"])
                or (left is not None and not came_back),
                "hard_bounce": (is_email and known["is_bounced"])
                or (bounced is not None and bounced >= (last["delivered"] or FIRST)),
                "spam_complaint": last["complaint"] is not None,
                "open_complaint": customer in angry and purpose in ("marketing", "referral_ask"),
                "deceased": known["is_deceased"],
                "frequency_cap": week >= MOST,
                "test_record": known["is_test"],
            }
            reasons = [name for name, holds in against.items() if holds]
            result[customer, purpose] = {
                "preferred_channel": channel,
                "preferred_by": by,
                "best_hour": _best_hour(facts, contacts[customer]),
                "max_contacts_per_week": MOST,
                "contacts_last_week": week,
                "has_consent": has_consent,
                "suppressed": bool(reasons),
                "suppression_reasons": ",".join(reasons) or None,
            }
    return result


KINDS = ("unsubscribe", "hard_bounce", "complaint", "delivered")


def warnings(facts: Facts) -> dict[tuple[str, str | None, str], datetime]:
    """By customer, channel and kind of event, when the last of them was."""
    events = [
        (row["customer_id"], row["channel"], row["event_type"], row["event_at"])
        for row in facts.messages
    ]
    events += [
        (row["customer_id"], row["channel"], "unsubscribe", row["occurred_at"])
        for row in facts.of(Touches).outcomes
        if row["outcome"] == "opt_out"
    ]
    result: dict[tuple[str, str | None, str], datetime] = {}
    for customer, channel, kind, at in events:
        if customer and channel:
            key = (customer, channel, kind)
            result[key] = max(at, result.get(key, at))
    return result


def _best_hour(facts: Facts, contacts: list[Row]) -> int | None:
    """The hour of most answers in the business time zone, the earliest of equal ones."""
    hours = Counter(
        touch["answered_at"].replace(tzinfo=UTC).astimezone(facts.company.zone).hour
        for touch in contacts
        if touch["is_answered"]
    )
    if hours.total() < ANSWERS:
        return None
    return min(hours, key=lambda hour: (-hours[hour], hour))
