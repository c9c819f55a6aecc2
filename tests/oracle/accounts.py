"""Companies and their contacts, leads, and how many facts there are."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from tests.oracle.company import FACTS, LAST, Company, Row
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations

# Facts that name nobody, and facts beside those of people, with their time.
OTHERS = {"campaign_costs": "cost_date", "ad_stats": "stat_date"}


def account_contacts(facts: Facts) -> dict[tuple[str, str], Row]:
    """account_contacts by company and customer: how many records in the CRM say so."""
    company = facts.company
    numbers: dict[tuple[str, str], int] = defaultdict(int)
    for row in _contacts(company):
        record = (row["source_system"], row["record_id"])
        key = f"{row['source_system']}|{row['account_id']}"
        numbers[key, company.truth[record]] += 1
    return {key: {"source_record_count": number} for key, number in numbers.items()}


def _contacts(company: Company) -> list[Row]:
    return [
        row
        for row in company.latest("crm_contacts")
        if row.get("account_id") is not None
        and (row.get("created_at") is None or row["created_at"] < company.end)
    ]


def accounts(facts: Facts) -> dict[str, Row]:
    """dim_accounts by key: companies with a record, and those that a contact or quote names."""
    company = facts.company
    records: dict[str, Row] = {}
    for row in company.latest("accounts"):
        if row.get("created_at") is None or row["created_at"] < company.end:
            records[f"{row['source_system']}|{row['account_id']}"] = row
    named = [(row["source_system"], row["account_id"]) for row in _contacts(company)]
    named += [
        (row["source_system"], row["account_id"])
        for row in company.latest("quotes")
        if row.get("account_id") is not None and row["quoted_at"] < company.end
    ]
    keys = {key: (row["source_system"], row["account_id"]) for key, row in records.items()}
    keys |= {f"{system}|{number}": (system, number) for system, number in named}
    contacts = [key for key, _ in facts.of(account_contacts)]
    result = {}
    for key, (system, number) in keys.items():
        row = records.get(key, {})
        made: datetime | None = row.get("created_at")
        country = row.get("country")
        result[key] = {
            "source_system": system,
            "account_id": number,
            "has_record": key in records,
            **{name: row.get(name) for name in ("name", "industry", "owner")},
            "country": country and country.strip().upper(),
            "has_tax_id": row.get("tax_id") is not None,
            "created_at": made,
            "created_date": made and company.day(made),
            "contacts": contacts.count(key),
        }
    return result


def leads(facts: Facts) -> dict[str, Row]:
    """fct_leads by key: numbers of each system, the earliest first, those without a time last."""
    numbers: dict[str, int] = defaultdict(int)
    result = {}
    told = facts.of(Relations).leads
    for lead in sorted(told, key=lambda lead: (lead["lead_at"] or LAST, lead["record_id"])):
        numbers[lead["source_system"]] += 1
        result[f"{lead['source_system']}|{numbers[lead['source_system']]}"] = lead
    return result


def fact_counts(facts: Facts) -> dict[tuple[str, str], Row]:
    """fact_counts by source and system: what was staged, and what of it is ignored."""
    company = facts.company
    result: dict[tuple[str, str], Row] = {}
    times = dict(FACTS.items())
    times |= {"leads": ("created_at",)}
    times |= {source: (moment,) for source, moment in OTHERS.items()}
    for source, moments in times.items():
        end = company.as_of if source in OTHERS else company.end
        for row in company.latest(source):
            counts = result.setdefault(
                (source, row["source_system"]),
                {"facts": 0, "after_as_of": 0, "without_time": 0, "identifiable": 0},
            )
            at = next((row[name] for name in moments if row.get(name) is not None), None)
            counts["facts"] += 1
            counts["without_time"] += at is None
            counts["after_as_of"] += at is not None and at >= end
            counts["identifiable"] += source == "leads" or company.reference(row) is not None
    for (source, _), counts in result.items():
        if source in OTHERS:
            counts["identifiable"] = None
    return result
