"""Who belongs together without being one, what became of ids, whose a device is, who was pulled."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

from tests.oracle.accounts import account_contacts
from tests.oracle.company import OWN_SYSTEM, Row
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations
from tests.oracle.table import by
from tests.oracle.web import NEAR, Web

# A company with more contacts than these ties nobody to anybody.
MOST_COLLEAGUES = 50


def customer_links(facts: Facts) -> dict[tuple[str, str, str], Row]:
    """customer_links by both customers and kind: those of identity, colleagues and referrals.

    Colleagues are contacts of one company; of several companies that two share the largest says
    how many they are. Of several referrals the first counts, and nobody refers themselves.
    """
    result: dict[tuple[str, str, str], Row] = {
        (link["customer_id_a"], link["customer_id_b"], link["kind"]): {
            "evidence": link["evidence"],
            "members": link["members"],
            "since": None,
        }
        for link in facts.company.links
    }
    colleagues: dict[str, list[str]] = defaultdict(list)
    for account, customer in facts.of(account_contacts):
        colleagues[account].append(customer)
    for members in sorted(colleagues.values(), key=len):
        if len(members) <= MOST_COLLEAGUES:
            for one, other in itertools.combinations(sorted(members), 2):
                told = {"evidence": "account", "members": len(members), "since": None}
                result[one, other, "company"] = told
    for row in sorted(facts.of(Relations).referrals, key=lambda row: row["referred_at"]):
        one, other = row["customer_id"], row["referred_customer_id"]
        if one and other and one != other:
            told = {"evidence": "referral", "members": 2, "since": row["referred_at"]}
            result.setdefault((one, other, "referral"), told)
    return result


def customer_merges(facts: Facts) -> dict[str, Row]:
    """customer_merges by the id of before."""
    return by("old_customer_id", facts.company.merges)


def web_identities(facts: Facts) -> dict[str, Row]:
    """web_identities by device and turn: stays of one person at a device, half-open.

    Who logs in again with nobody between, within twice 30 days, never left. A stay reaches 30 days
    beyond its logins on both sides, as far as nobody else's begins or lasts.
    """
    logins: dict[str, list[Row]] = defaultdict(list)
    for session in facts.of(Web).sessions.values():
        if session["has_login"]:
            logins[session["device_key"]].append(session)
    result = {}
    for device, sessions in logins.items():
        stays: list[Row] = []
        for session in sessions:
            last = stays[-1] if stays else None
            if (
                last
                and last["customer_id"] == session["customer_id"]
                and session["started_at"] <= last["last_login_at"] + 2 * NEAR
            ):
                last["last_login_at"] = session["ended_at"]
                last["login_sessions"] += 1
                continue
            stays.append(
                {
                    **{name: session[name] for name in ("source_system", "customer_id")},
                    "device_key": device,
                    "first_login_at": session["started_at"],
                    "last_login_at": session["ended_at"],
                    "login_sessions": 1,
                }
            )
        until = None
        for number, stay in enumerate(stays):
            dawn, fade = stay["first_login_at"] - NEAR, stay["last_login_at"] + NEAR
            after = stays[number + 1]["first_login_at"] if number + 1 < len(stays) else fade
            stay["valid_from"] = max(dawn, until or dawn)
            until = stay["valid_to"] = min(fade, after)
            result[f"{device}|{number + 1}"] = stay
    return result


def audience_pulls(facts: Facts) -> dict[str, Row]:
    """fct_audience_pulls by system, pull and the number of the record in it.

    Somebody whom Cartera itself named and who is nobody any more cannot be identified. Of a
    customer's records in a bucket the first counts, whatever system has that pull.
    """
    pulls: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts.pulls:
        pulls[row["source_system"], row["pull_id"]].append(row)
    firsts: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for row in facts.pulls:
        place = (row["pull_id"], row["bucket"], row["customer_id"])
        firsts[place] = min(_age(row), firsts.get(place, _age(row)))
    result = {}
    names = ("audience", "campaign_id", "variant", "bucket", "reason", "channel", "purpose")
    names = (*names, "holdout_percent")
    for (system, pull), rows in pulls.items():
        rows.sort(key=lambda row: (row.get("party_system") or system, row["party_id"]))
        for number, row in enumerate(rows, start=1):
            own = (row.get("party_system") or system) == OWN_SYSTEM
            result[f"{system}|{pull}|{number}"] = {
                **{name: row.get(name) for name in names},
                **{name: row[name] for name in ("source_system", "pull_id", "pulled_at")},
                "customer_id": row["customer_id"],
                "is_identifiable": not own or row["customer_id"] is not None,
                "is_counted": row["customer_id"] is not None
                and firsts[row["pull_id"], row["bucket"], row["customer_id"]] == _age(row),
                "is_in_both_arms": row["customer_id"] is not None and row["is_in_both_arms"],
            }
    return result


def _age(pull: Row) -> tuple[Any, ...]:
    system = pull["source_system"]
    return pull["pulled_at"], system, pull.get("party_system") or system, pull["party_id"]
