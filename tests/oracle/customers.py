"""The customer's own dimension."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from tests.oracle.company import PEOPLE, Row
from tests.oracle.facts import Facts
from tests.oracle.history import current, versions

STALE_AFTER = timedelta(days=730)
EXPECTED = ("has_name", "has_email", "has_phone", "has_birth_date", "has_address", "language")


def dim_customers(facts: Facts) -> dict[str, Row]:
    """dim_customers by customer: of attributes only whether they are known.

    A record made after as_of is not there yet: it tells nothing of its customer. One is confirmed
    when it was last changed, else when it was made; a change at as_of or later is none yet. Stale
    is who was not confirmed in the time by any record: also of whom no record says when.
    """
    company = facts.company
    records = Counter(company.customers.values())
    systems: dict[str, set[str]] = defaultdict(set)
    for (system, _), customer in company.customers.items():
        systems[customer].add(system)
    made: dict[str, list[datetime]] = defaultdict(list)
    confirmed: dict[str, list[datetime]] = defaultdict(list)
    for source in PEOPLE:
        for row in company.latest(source):
            created, updated = row.get("created_at"), row.get("updated_at")
            if created and created >= company.end:
                continue
            customer = company.truth[row["source_system"], row["record_id"]]
            made[customer] += [created] if created else []
            last = updated if updated and updated < company.end else created
            confirmed[customer] += [last] if last else []
    told = facts.of(current)
    result = {}
    for customer, golden in company.known.items():
        last = max(confirmed[customer], default=None)
        known = {
            "has_name": golden.get("given_name") is not None or golden.get("surname_1") is not None,
            "has_email": golden.get("email") is not None,
            "has_phone": golden.get("phone_e164") is not None,
            "has_birth_date": golden.get("birth_date") is not None,
            "has_address": golden.get("address") is not None,
            "has_tax_id": golden.get("tax_id") is not None,
            "has_loyalty_number": golden.get("loyalty_number") is not None,
            "language": golden.get("language"),
        }
        result[customer] = {
            "first_seen_at": min(made[customer], default=None),
            "last_confirmed_at": last,
            "is_stale": last is None or last < company.end - STALE_AFTER,
            "source_record_count": records[customer],
            "source_systems": ",".join(sorted(systems[customer])),
            "country": golden.get("country"),
            "region": golden.get("region"),
            **known,
            **{
                name: told.get(customer, {}).get(name)
                for name in ("home_store_id", "account_owner", "preferred_channel", "loyalty_tier")
            },
            **_warnings(facts, customer),
            "completeness": sum(bool(known[name]) for name in EXPECTED) / len(EXPECTED),
        }
    return result


def _warnings(facts: Facts, customer: str) -> Row:
    """What any record of the customer says, in its last version."""
    truth = facts.company.truth
    last = [
        rows[-1]
        for (_, system, record), rows in facts.of(versions).items()
        if truth[system, record] == customer
    ]
    states = {(row["newsletter_status"] or "").lower() for row in last}
    limits = [
        row["max_contacts_per_week"] for row in last if row["max_contacts_per_week"] is not None
    ]
    return {
        "is_deceased": any(row["is_deceased"] for row in last),
        "is_test": any(row["is_test"] for row in last),
        "is_unsubscribed": "unsubscribed" in states,
        "is_bounced": "bounced" in states,
        "max_contacts_per_week": min(limits, default=None),
    }
