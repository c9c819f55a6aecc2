"""Rows of a company that a case worked out by hand is about."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ingestion.contract import load_source
from tests.oracle.company import Company, Row
from tests.oracle.facts import Facts
from tests.oracle.tables import TABLES, differences
from tests.oracle.warehouse import Warehouse


def order(number: str, at: str, amount: str, who: str | None = None, **other: Any) -> Row:
    """An order of a till at a UTC moment; other columns as given."""
    return {
        "source_system": "till",
        "order_id": number,
        "kind": "order",
        "refers_to": None,
        "ordered_at": datetime.fromisoformat(at),
        "channel": "store",
        "status": "completed",
        "currency": "EUR",
        "gross_amount": Decimal(amount),
        "discount_amount": None,
        "party_id": who,
        "batch_rank": 0,
        "batch_row": 0,
        **other,
    }


def refund(number: str, of: str, at: str, amount: str, **other: Any) -> Row:
    return order(number, at, amount, **{"kind": "refund", "refers_to": of, **other})


def message(number: str, at: str, who: str, channel: str = "email") -> Row:
    """A message of the till's campaign that was delivered at a UTC moment."""
    return {
        "source_system": "till",
        "message_id": number,
        "campaign_id": "spring",
        "channel": channel,
        "event_type": "delivered",
        "event_at": datetime.fromisoformat(at),
        "party_id": who,
    }


def rate(day: str, value: str, currency: str = "USD") -> Row:
    return {
        "source_system": "finance",
        "currency": currency,
        "rate_date": date.fromisoformat(day),
        "reporting_currency": "EUR",
        "rate": Decimal(value),
    }


def run(
    warehouse: Warehouse,
    orders: list[Row],
    rates: list[Row] | None = None,
    *,
    merges: list[Row] | None = None,
    **more: list[Row],
) -> Facts:
    """The company's models, on which the oracle agrees; each customer is their own record.

    Whom a merge names as the one of before has none.
    """
    landed: dict[str, list[Row]] = {"orders": orders, "fx_rates": rates or [], **more}
    for source, told in landed.items():
        # A row may leave out what is not known.
        empty = dict.fromkeys(load_source(source).columns)
        landed[source] = [empty | {"batch_rank": 0, "batch_row": 0} | row for row in told]
    gone = {row["old_customer_id"] for row in merges or []}
    people = {
        (row.get("party_system") or row["source_system"], row.get("party_id") or row["record_id"])
        for told in landed.values()
        for row in told
        if row.get("party_id") or row.get("record_id")
    }
    company = Company(
        warehouse.as_of,
        landed,
        {(system, person): person for system, person in people},
        {person: {} for _, person in people if person not in gone},
        merges or [],
    )
    warehouse.load(company)
    warehouse.run()
    facts = Facts(company)
    for table in TABLES:
        wrong = differences(table, facts, warehouse.rows(table.name, table.wanted))
        assert wrong == [], wrong
    return facts


def rows(warehouse: Warehouse, table: str, *columns: str) -> dict[Any, tuple[Any, ...]]:
    """By the first column, the others."""
    return {row[0]: row[1:] for row in warehouse.rows(table, columns)}
