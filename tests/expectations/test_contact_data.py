"""What the gate takes for contact data, and what it leaves alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from expectations.audit import looked_at
from expectations.rules import Catalog
from expectations.suites.contact_data import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CATALOG = Catalog(
    {
        "warehouse.core.t": {"v": "VARCHAR", "n": "INTEGER"},
        "warehouse.ops.t": {"v": "VARCHAR[]"},
        "warehouse.meta.t": {"v": "JSON"},
    }
)
EMAIL = "no_email_outside_contacts"
PHONE = "no_phone_outside_contacts"
KNOWN_PHONE = "no_known_phones_outside_contacts"
KNOWN_TAX_ID = "no_known_tax_ids_outside_contacts"


@contextmanager
def candidate(values: Sequence[str], schema: str = "core") -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in which a text column of ``schema`` holds ``values``, and contacts beside it."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; attach ':memory:' as contacts")
        connection.execute("create schema contacts.contacts")
        connection.execute(
            "create table contacts.contacts.golden_records as "
            "select '+34600' || lpad(i::varchar, 6, '0') as phone_e164, "
            "lpad(i::varchar, 8, '9') || 'K' as tax_id from range(50) as t(i)"
        )
        for name, columns in CATALOG.tables.items():
            connection.execute(f"create schema {name.rpartition('.')[0]}")
            kinds = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table {name} ({kinds})")
        for value in values:
            cast = {"core": "?", "ops": "[?]", "meta": "json_object('note', ?)"}[schema]
            connection.execute(
                f"insert into warehouse.{schema}.t by name select {cast} as v", [value]
            )
        yield connection


def query(rule: str, catalog: Catalog) -> str:
    """What ``rule`` asks of a candidate with the tables of ``catalog``."""
    return str(next(one for one in RULES if one.name == rule).arguments_for(catalog)["sql"])


def leaks(rule: str, values: Sequence[str], schema: str = "core") -> list[tuple[Any, ...]]:
    """What ``rule`` finds, the same whether or not somebody has looked at the texts before."""
    with candidate(values, schema) as connection:
        found = connection.execute(query(rule, CATALOG)).fetchall()
        looked = looked_at(connection, CATALOG)
        assert looked.marks is not None
        assert connection.execute(query(rule, looked)).fetchall() == found
        return found


@pytest.mark.parametrize("schema", ["core", "ops", "meta"])
@pytest.mark.parametrize(
    "value", ["ana@example.org", "write to Ana.Ruiz+shop@mail.example.co.uk now", "a_b%c@x-y.es"]
)
def test_e_mail_addresses_are_found_in_text_lists_and_json(value: str, schema: str) -> None:
    assert leaks(EMAIL, [value], schema)[0][-1] == 1


@pytest.mark.parametrize("schema", ["core", "ops", "meta"])
@pytest.mark.parametrize(
    "value", ["+34600111222", "call +34 600 111 222", "+1 (212) 555-0100", "+44 20 7946 0958"]
)
def test_international_phones_are_found_in_text_lists_and_json(value: str, schema: str) -> None:
    assert leaks(PHONE, [value], schema)[0][-1] == 1


@pytest.mark.parametrize(
    "value", ["600 111 222", "600-11-22-33", "(91) 555 12 34", "0034 600 111 222"]
)
def test_phones_written_as_people_write_them_are_found(value: str) -> None:
    assert leaks(PHONE, [value])[0][-1] == 1


@pytest.mark.parametrize(
    "value",
    [
        "4006381333931",
        "2026-11-21",
        "2026-11-21 03:00:00+00",
        "2026-11-21T03:00:00.123456+02:00",
        "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d",
        "orders/2026-11-21/till-0001.csv",
        "ORD-2026-000123456",
        "1.234,56",
        "+12.5 %",
        "C1 C2 C3",
        "@handle",
        "step 1+2+3",
        "10.20.30.40",
        "0.001234567",
    ],
)
def test_numbers_dates_and_keys_are_no_contact_data(value: str) -> None:
    assert leaks(EMAIL, [value]) == []
    assert leaks(PHONE, [value]) == []


def test_a_column_of_known_phones_is_found_and_one_chance_hit_is_not() -> None:
    order_numbers = [str(700_000_000 + i) for i in range(100)]
    assert leaks(KNOWN_PHONE, [*order_numbers, "600000001"]) == []
    mixed = [*order_numbers, *(f"60000000{i}" for i in range(9))]
    assert leaks(KNOWN_PHONE, mixed) == [("warehouse.core.t", "v", 109, 9)]
    assert leaks(KNOWN_PHONE, ["34600000001", "0034600000002"])


def test_a_tax_id_that_is_a_customers_is_found_and_another_is_not() -> None:
    assert leaks(KNOWN_TAX_ID, ["99999997K", "99999951K", "9999997K"])[0][-1] == 1
    assert leaks(KNOWN_TAX_ID, ["99999951K", "9999997K", "see 99999997K"]) == []


def test_only_columns_with_a_mark_are_asked() -> None:
    """One look at all texts saves the rules from reading those that cannot be what they seek."""
    with candidate(["@handle", "1+1", "C1"]) as connection:
        looked = looked_at(connection, CATALOG)
    assert looked.marks == {
        ("warehouse.core.t", "v"): {"@", "+"},
        ("warehouse.meta.t", "v"): set(),
        ("warehouse.ops.t", "v"): set(),
    }
    assert "warehouse.core.t" in query(EMAIL, looked)
    for rule, text in ((EMAIL, "warehouse.ops.t"), (KNOWN_TAX_ID, "warehouse.core.t")):
        assert text in query(rule, CATALOG)
        assert text not in query(rule, looked)


def test_what_cannot_be_looked_at_is_asked_in_full() -> None:
    """So that the rules themselves fail, each by its name."""
    with candidate([]) as connection:
        connection.execute("drop table warehouse.ops.t")
        assert looked_at(connection, CATALOG) is CATALOG
