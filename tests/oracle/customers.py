"""The customer's own row."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from tests.oracle.company import PEOPLE, Company, Row, total
from tests.oracle.facts import Facts
from tests.oracle.value import rfm


def dim_customers(company: Company) -> dict[str, Row]:
    """dim_customers by customer.

    A record made after as_of is not there yet: it tells nothing of its customer.
    """
    records = Counter(company.customers.values())
    systems: dict[str, set[str]] = defaultdict(set)
    for (system, _), customer in company.customers.items():
        systems[customer].add(system)
    seen = defaultdict(list)
    for source in PEOPLE:
        for row in company.latest(source):
            created = row.get("created_at")
            if created and created < company.end:
                seen[company.truth[row["source_system"], row["record_id"]]].append(created)
    return {
        customer: {
            "first_seen_at": min(seen[customer], default=None),
            "source_record_count": records[customer],
            "source_systems": ",".join(sorted(systems[customer])),
            "country": golden.get("country"),
            "region": golden.get("region"),
            "language": golden.get("language"),
            "has_email": golden.get("email") is not None,
            "has_phone": golden.get("phone_e164") is not None,
        }
        for customer, golden in company.known.items()
    }


def customer_360(facts: Facts) -> dict[str, Row]:
    """customer_360 by customer: orders and money over all time."""
    company = facts.company
    scores = rfm(facts)
    result = {}
    for customer, known in dim_customers(company).items():
        own = facts.kept_by_customer.get(customer, [])
        days = [order["order_date"] for order in own]
        last = max(days, default=None)

        def reachable(channel: str, customer: str = customer) -> bool:
            return facts.consented.get((customer, channel, "marketing"), False)

        result[customer] = {
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
