"""What the gate takes for contact data, and what it leaves alone."""

from __future__ import annotations

import duckdb
import pytest

from expectations.rules import Catalog
from expectations.suites.contact_data import RULES

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


def leaks(rule: str, values: list[str], schema: str = "core") -> list[tuple[str, ...]]:
    """What ``rule`` finds when a text column of ``schema`` holds ``values``."""
    asked = next(one for one in RULES if one.name == rule)
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; attach ':memory:' as contacts")
        connection.execute("create schema contacts.contacts")
        connection.execute(
            "create table contacts.contacts.golden_records as "
            "select '+34600' || lpad(i::varchar, 6, '0') as phone_e164 from range(50) as t(i)"
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
        return connection.execute(asked.arguments_for(CATALOG)["sql"]).fetchall()


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
