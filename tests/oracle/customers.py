"""The customer's own row."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from tests.oracle.company import PEOPLE, Company, Row, total
from tests.oracle.facts import Facts
from tests.oracle.prediction import customer_clv
from tests.oracle.value import rfm

STALE_AFTER = timedelta(days=730)
EXPECTED = ("has_name", "has_email", "has_phone", "has_birth_date", "has_address", "language")


def dim_customers(company: Company) -> dict[str, Row]:
    """dim_customers by customer: of attributes only whether they are known.

    A record made after as_of is not there yet: it tells nothing of its customer. One is confirmed
    when it was last changed, else when it was made; a change at as_of or later is none yet. Stale
    is who was not confirmed in the time by any record: also of whom no record says when.
    """
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
            "completeness": sum(bool(known[name]) for name in EXPECTED) / len(EXPECTED),
        }
    return result


def customer_360(facts: Facts) -> dict[str, Row]:
    """customer_360 by customer: orders and money over all time."""
    company = facts.company
    scores = rfm(facts)
    foreseen = customer_clv(facts)
    result = {}
    for customer, known in dim_customers(company).items():
        own = facts.kept_by_customer.get(customer, [])
        days = [order["order_date"] for order in own]
        last = max(days, default=None)

        def reachable(channel: str, customer: str = customer) -> bool:
            return facts.consented.get((customer, channel, "marketing"), False)

        result[customer] = {
            "clv": foreseen.get(customer, {}).get("clv"),
            "churn_risk": foreseen.get(customer, {}).get("churn_risk"),
            "rfm_segment": scores[customer]["rfm_segment"] if customer in scores else None,
            "orders": len(own),
            "net_revenue": total(order["net_revenue"] for order in own),
            "first_order_date": min(days, default=None),
            "last_order_date": last,
            "recency_days": (company.as_of - last) // timedelta(days=1) if last else None,
            "is_reachable_email": known["has_email"] and reachable("email"),
            "is_reachable_phone": known["has_phone"] and reachable("phone"),
            "country": known["country"],
            "language": known["language"],
            "source_record_count": known["source_record_count"],
            "first_seen_at": known["first_seen_at"],
            "as_of": company.as_of,
        }
    return result
