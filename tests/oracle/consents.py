"""Consents, and what of them holds."""

from __future__ import annotations

from tests.oracle.company import Row
from tests.oracle.facts import Facts


def consents(facts: Facts) -> list[Row]:
    """fct_consents: events before as_of; the latest of a source record, channel and purpose.

    Of two of one moment the withdrawal counts; of one status too, the first by key, so that
    one is current. The consent of nobody is nobody's latest.
    """
    result = []
    last: dict[tuple[str | None, ...], Row] = {}
    for row in facts.company.latest("consents"):
        if row["occurred_at"] >= facts.company.end:
            continue
        reference = facts.company.reference(row)
        fact = {
            "consent_key": f"{row['source_system']}|{row['consent_id']}",
            "source_system": row["source_system"],
            "customer_id": facts.company.customer(row),
            "is_identifiable": reference is not None,
            "channel": row["channel"],
            "purpose": row["purpose"],
            "status": row["status"],
            "occurred_at": row["occurred_at"],
            "is_current": False,
        }
        result.append(fact)
        if reference:
            place = (*reference, row["channel"], row["purpose"])
            before = last.get(place)
            if before is None or _later_consent(before, fact):
                last[place] = fact
    for fact in last.values():
        fact["is_current"] = True
    return result


def consented(facts: Facts) -> dict[tuple[str, str, str], bool]:
    """By customer, channel and purpose; on a merge the stricter status wins."""
    result: dict[tuple[str, str, str], bool] = {}
    for fact in facts.of(consents):
        if fact["is_current"] and fact["customer_id"]:
            place = (fact["customer_id"], fact["channel"], fact["purpose"])
            result[place] = result.get(place, True) and fact["status"] == "granted"
    return result


def _later_consent(one: Row, other: Row) -> bool:
    """Whether the other counts instead of the one."""
    if one["occurred_at"] != other["occurred_at"]:
        return bool(other["occurred_at"] > one["occurred_at"])
    if one["status"] != other["status"]:
        return bool(other["status"] == "withdrawn")
    return bool(other["consent_key"] < one["consent_key"])
