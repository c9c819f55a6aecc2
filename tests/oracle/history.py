"""What records say of customers, and since when."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from tests.oracle.company import BEGINNING, PEOPLE, Company, Row
from tests.oracle.facts import Facts

TOLD = (
    *("country", "region", "language", "home_store_id", "account_owner", "preferred_channel"),
    *("loyalty_tier", "newsletter_status"),
)


def versions(facts: Facts) -> dict[tuple[str, str, str], list[Row]]:
    """By source, system and record, every version that landed, the oldest first.

    The first holds since the record was made, where it does not say so since it was changed; a
    later one since its change. A version that says that the record was made at as_of or later is
    not there, nor is a record of nobody.
    """
    company = facts.company
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for source in PEOPLE:
        for row in company.landed.get(source, ()):
            place = (row["source_system"], row["record_id"])
            made = row.get("created_at")
            if place in company.customers and (made is None or made < company.end):
                own = found[source, *place]
                own.append({**_told(source, row), "valid_from": _since(row, first=not own)})
    return found


def _since(row: Row, *, first: bool) -> datetime:
    made, changed = row.get("created_at"), row.get("updated_at")
    return (made or changed if first else changed or made) or BEGINNING


def _told(source: str, row: Row) -> Row:
    country, language = row.get("country"), row.get("language")
    home = {"crm_contacts": "store_id", "loyalty_members": "home_store_id"}.get(source, "")
    return {
        "country": country and country.strip().upper(),
        "region": row.get("region"),
        "language": language and language.strip().lower(),
        "home_store_id": row.get(home),
        "account_owner": row.get("owner") if source in ("crm_contacts", "leads") else None,
        "preferred_channel": row.get("preferred_channel") if source == "crm_contacts" else None,
        "loyalty_tier": row.get("tier") if source == "loyalty_members" else None,
        "newsletter_status": row.get("status") if source == "newsletter_subscribers" else None,
        "max_contacts_per_week": row.get("max_contacts_per_week"),
        "is_deceased": row.get("is_deceased") if source == "crm_contacts" else None,
        "is_test": row.get("is_test") if source == "crm_contacts" else None,
    }


def customer_history(facts: Facts) -> dict[tuple[str, int], Row]:
    """customer_history by customer and version.

    What any record said last holds, and silence says nothing. A version that a later one of the
    same record corrects, since it holds from the same moment or an earlier one, never held. Of two
    records that say something at one moment the later by system and record counts. What is
    changed at as_of or later is not known yet.
    """
    company: Company = facts.company
    said: dict[str, list[tuple[datetime, str, str, int, Row]]] = defaultdict(list)
    for (_, system, record), rows in facts.of(versions).items():
        for number, row in enumerate(rows):
            corrected = any(
                later["valid_from"] <= row["valid_from"] for later in rows[number + 1 :]
            )
            if not corrected and row["valid_from"] < company.end:
                customer = company.truth[system, record]
                said[customer].append((row["valid_from"], system, record, number, row))
    result: dict[tuple[str, int], Row] = {}
    for customer, sayings in said.items():
        known: Row = dict.fromkeys(TOLD)
        stretches: list[Row] = []
        for at, _, _, _, row in sorted(sayings, key=lambda saying: saying[:4]):
            known = known | {name: row[name] for name in TOLD if row[name] is not None}
            if stretches and stretches[-1]["valid_from"] == at:
                stretches.pop()
            before = {name: stretches[-1][name] for name in TOLD} if stretches else None
            if known != before:
                stretches.append({**known, "valid_from": at})
        for number, stretch in enumerate(stretches, start=1):
            until = stretches[number]["valid_from"] if number < len(stretches) else None
            result[customer, number] = {
                **stretch,
                "valid_to": until,
                "is_current": until is None,
            }
    return result


def current(facts: Facts) -> dict[str, Row]:
    """What holds at as_of, by customer."""
    history = facts.of(customer_history)
    return {customer: row for (customer, _), row in history.items() if row["is_current"]}
