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
NONE = "(none)"


def contact_reasons(facts: Facts) -> dict[tuple[str, str, str], Row]:
    """contact_reasons by customer, channel and purpose: all that is against a contact.

    A consent for the channel and purpose that was given after somebody had left makes up for it; a
    message that arrived after another had bounced for good, for that. Of service no consent is
    asked; one that was withdrawn counts all the same. Who prefers no channel has the channel
    (none), with no consent and no address to lack.
    """
    warned, told = facts.of(warnings), facts.of(_told)
    angry = {
        case["customer_id"]
        for case in facts.of(Relations).cases
        if case["kind"] == "complaint" and case["is_open"]
    }
    result = {}
    for customer, known in facts.of(dim_customers).items():
        preferred, _ = facts.of(preferred_channels)[customer]
        for channel in {*ADDRESS, preferred or NONE}:
            last = {kind: warned.get((customer, channel, kind)) for kind in KINDS}
            is_email, is_channel = channel == "email", channel != NONE
            for purpose in PURPOSES:
                place = (customer, channel, purpose)
                agreed = facts.of(consented).get(place)
                left, bounced = last["unsubscribe"], last["hard_bounce"]
                came_back = left and agreed and told[place] > left
                against = {
                    "test_record": known["is_test"],
                    "deceased": known["is_deceased"],
                    "no_channel": not is_channel,
                    "no_address": is_channel and not known.get(ADDRESS.get(channel, "")),
                    "hard_bounce": (is_email and known["is_bounced"])
                    or (bounced is not None and bounced >= (last["delivered"] or FIRST)),
                    "no_consent": is_channel
                    and not agreed
                    and (purpose != "service" or agreed is not None),
                    "unsubscribed": (is_email and known["is_unsubscribed"])
                    or (left is not None and not came_back),
                    "spam_complaint": last["complaint"] is not None,
                    "open_complaint": customer in angry
                    and purpose in ("marketing", "referral_ask"),
                    "frequency_cap": _last_week(facts, customer) >= _most(known),
                }
                result[place] = {
                    "has_consent": bool(agreed),
                    "suppression_reasons": ",".join(n for n, holds in against.items() if holds)
                    or None,
                }
    return result


def contact_policy(facts: Facts) -> dict[tuple[str, str], Row]:
    """contact_policy by customer and purpose: what is so on the channel that they prefer."""
    result = {}
    for customer, known in facts.of(dim_customers).items():
        channel, by = facts.of(preferred_channels)[customer]
        for purpose in PURPOSES:
            reasons = facts.of(contact_reasons)[customer, channel or NONE, purpose]
            result[customer, purpose] = {
                "preferred_channel": channel,
                "preferred_by": by,
                "best_hour": _best_hour(facts, facts.of(_contacts)[customer]),
                "max_contacts_per_week": _most(known),
                "contacts_last_week": _last_week(facts, customer),
                **reasons,
                "suppressed": reasons["suppression_reasons"] is not None,
            }
    return result


def _contacts(facts: Facts) -> dict[str, list[Row]]:
    """What went out to each customer."""
    contacts: dict[str, list[Row]] = defaultdict(list)
    for touch in facts.of(Touches).all.values():
        if touch["customer_id"] and touch["direction"] == "out":
            contacts[touch["customer_id"]].append(touch)
    return contacts


def _most(known: Row) -> int:
    """As often as they asked for, else as often as anybody."""
    asked: int | None = known["max_contacts_per_week"]
    return MOST if asked is None else asked


def _last_week(facts: Facts, customer: str) -> int:
    since = facts.company.as_of - WEEK
    return sum(touch["touch_date"] >= since for touch in facts.of(_contacts)[customer])


def _told(facts: Facts) -> dict[tuple[str, str, str], datetime]:
    """By customer, channel and purpose, when their last word on it was."""
    told: dict[tuple[str, str, str], datetime] = {}
    for event in facts.of(consents):
        if event["is_current"] and event["customer_id"]:
            place = (event["customer_id"], event["channel"], event["purpose"])
            told[place] = max(event["occurred_at"], told.get(place, event["occurred_at"]))
    return told


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
