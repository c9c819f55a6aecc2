"""What came of lists: orders of those listed, and held out, in the days from a pull on."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from tests.oracle.company import Row, total
from tests.oracle.facts import Facts

RESPONSE = timedelta(days=30)
ARMS = {"listed": "list", "held_out": "holdout"}


def results(facts: Facts) -> dict[str, Row]:
    """list_results by pull: customers, not records; who is in both arms is in neither."""
    result = {}
    for pull in {row["pull_id"] for row in facts.pulls}:
        rows = [row for row in facts.pulls if row["pull_id"] == pull]
        start = min(row["pulled_at"] for row in rows)
        told: Row = {
            "pulled_at": start,
            "is_over": start + RESPONSE <= facts.company.end,
            "response_days": RESPONSE.days,
            "excluded": sum(row["bucket"] == "excluded" for row in rows),
        }
        for name in ("audience", "channel", "purpose"):
            told[name] = min((row[name] for row in rows if row.get(name)), default=None)
        for arm, bucket in ARMS.items():
            whose = {
                row["customer_id"]: row["pulled_at"]
                for row in sorted(rows, key=lambda row: row["pulled_at"], reverse=True)
                if row["bucket"] == bucket and row["customer_id"] and not row["is_in_both_arms"]
            }
            brought = {
                customer: [
                    order["net_revenue"]
                    for order in facts.kept_by_customer.get(customer, [])
                    if since <= order["ordered_at"] < since + RESPONSE
                ]
                for customer, since in whose.items()
            }
            told[arm] = len(whose)
            told[f"{arm}_buyers"] = sum(map(bool, brought.values()))
            told[f"{arm}_net_revenue"] = total(chain.from_iterable(brought.values()))
        result[pull] = told
    return result
