"""The golden record against a plain reading of its rules."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera.errors import ContractError
from cartera.identity.golden import ATTRIBUTES, write_golden
from cartera.identity.survivorship import (
    RULES,
    SHIPPED,
    UNITS,
    Survival,
    load_survivorship,
    survivorship_file,
)

EVER = datetime.fromisoformat("1970-01-01")
DAY = datetime.fromisoformat("2025-01-01")
SOURCES = ("crm_contacts", "shop_accounts", "leads")
VALUES: dict[str, list[Any]] = {
    "given": ["Ana", "ana", "Ána", "Ana María", None],
    "birth_date": [date(1980, 1, 2), date(1980, 2, 1), None],
    "city": ["Lugo", "Vigo", None],
}
TYPES = {"birth_date": pa.date32()}

RECORD = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["C1", "C2"]),
        "source": st.sampled_from([*SOURCES, "facts"]),
        "created_at": st.none() | st.integers(0, 3).map(lambda n: DAY + timedelta(n)),
        "updated_at": st.none() | st.integers(0, 3).map(lambda n: DAY + timedelta(n)),
        **{
            column: st.sampled_from(VALUES.get(column, [f"{column} 1", "Uno", None]))
            for column in ATTRIBUTES.values()
        },
    }
)
SURVIVAL = st.builds(
    Survival,
    st.permutations(RULES).flatmap(lambda r: st.integers(0, len(r)).map(lambda n: tuple(r[:n]))),
    st.permutations(SOURCES).map(lambda s: tuple(s[:2])),
    st.sampled_from([(), ("crm_contacts",)]),
)
DB = duckdb.connect()
DB.execute(
    "set threads = 1; attach ':memory:' as work; attach ':memory:' as contacts;"
    "create schema work.identity; create schema contacts.contacts;"
    "create table work.identity.shared_identifiers (kind varchar, value varchar, reason varchar)"
)


def sql(records: list[dict[str, Any]], rules: dict[str, Survival]) -> dict[str, dict[str, Any]]:
    columns: dict[str, Any] = {
        "record": pa.array(range(len(records)), pa.int64()),
        "source_system": pa.array(["crm"] * len(records)),
        "source_record_id": pa.array([f"{n:02}" for n in range(len(records))]),
    }
    for name in records[0]:
        kind = pa.timestamp("us") if name.endswith("_at") else TYPES.get(name, pa.string())
        columns[name] = pa.array([record[name] for record in records], kind)
    DB.register("arrow", pa.table(columns))
    DB.execute(
        "create or replace table work.identity.records as "
        "select * exclude (customer_id) from arrow;"
        "create or replace table work.identity.assigned as select record, customer_id from arrow"
    )
    write_golden(DB, rules)
    cursor = DB.execute("from contacts.contacts.golden_records")
    names = [column[0] for column in cursor.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def fold(text: str) -> str:
    return text.lower().replace("á", "a")


def oracle(
    members: list[tuple[str, dict[str, Any]]], unit: str, survival: Survival
) -> dict[str, Any]:
    """The unit of one customer, chosen by comparing candidates rule by rule."""
    columns = [ATTRIBUTES[name] for name in UNITS[unit]]

    def said(record: dict[str, Any]) -> str:
        return " ".join(str(record[c]) for c in columns if record[c] is not None)

    left = [(origin, r) for origin, r in members if any(r[c] is not None for c in columns)]
    if not left:
        return {name: None for n in UNITS[unit] for name in (n, f"{n}_source")}
    votes = Counter(fold(said(r)) for _, r in members)
    for rule in survival.rules:
        if rule == "verified":
            better = [m for m in left if m[1]["source"] in survival.verified]
            if len(survival.verified) > 1:
                raise AssertionError("the oracle knows one verified source")
        elif rule == "source_priority":
            better = []
            for source in survival.sources:
                better = better or [m for m in left if m[1]["source"] == source]
        elif rule == "most_recent":
            dates = [m[1]["updated_at"] or m[1]["created_at"] or EVER for m in left]
            better = [m for m, day in zip(left, dates, strict=True) if day == max(dates)]
        elif rule == "most_frequent":
            most = max(votes[fold(said(m[1]))] for m in left)
            better = [m for m in left if votes[fold(said(m[1]))] == most]
        elif rule == "most_complete":
            most = max(sum(m[1][c] is not None for c in columns) for m in left)
            better = [m for m in left if sum(m[1][c] is not None for c in columns) == most]
        else:
            most = max(len(said(m[1])) for m in left)
            better = [m for m in left if len(said(m[1])) == most]
        left = better or left
    origin, winner = min(left, key=lambda m: m[0])
    found: dict[str, Any] = {}
    for name, column in zip(UNITS[unit], columns, strict=True):
        found[name] = winner[column]
        found[f"{name}_source"] = None if winner[column] is None else origin
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(RECORD, min_size=1, max_size=7), st.fixed_dictionaries(dict.fromkeys(UNITS, SURVIVAL))
)
def test_each_unit_survives_by_its_rules(
    records: list[dict[str, Any]], rules: dict[str, Survival]
) -> None:
    found = sql(records, rules)
    assert found.keys() == {record["customer_id"] for record in records}
    for customer, row in found.items():
        members = [
            (f"crm:{n:02}", r) for n, r in enumerate(records) if r["customer_id"] == customer
        ]
        for unit in UNITS:
            expected = oracle(members, unit, rules[unit])
            assert {name: row[name] for name in expected} == expected, unit


def test_no_majority_outvotes_a_verified_birth_date(world, person):
    born, typo = date(1980, 1, 2), date(1980, 2, 1)
    many = {"tax_id": "12345678Z", "birth_date": typo, "source": "shop_accounts"}
    world.resolve(
        [
            person("crm", 1, "Ana García", tax_id="12345678Z", birth_date=born),
            *(person("shop", n, "Ana García", **many) for n in range(2, 6)),
        ]
    )
    golden = world.table("contacts.contacts.golden_records")[0]
    assert (golden["birth_date"], golden["birth_date_source"]) == (born, "crm:1")


def test_an_address_survives_whole_or_not_at_all(world, person):
    world.resolve(
        [
            person("crm", 1, "Ana García", tax_id="1", city="Vigo", region="Galicia"),
            person("shop", 2, "Ana García", tax_id="1", address="Rúa Nova 1", postal_code="27001",
                   city="Lugo"),
        ]
    )  # fmt: skip
    golden = world.table("contacts.contacts.golden_records")[0]
    assert (golden["address"], golden["city"], golden["region"]) == ("Rúa Nova 1", "Lugo", None)
    assert golden["region_source"] is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n", ":1: wrong columns"),
        ("*,longest,,\nshoe_size,longest,,\n", ":3: no attribute 'shoe_size'"),
        ("*,loudest,,\n", ":2: no rule 'loudest'"),
        ("*,longest,,\nemail,longest,,\nemail,longest,,\n", ":4: email stands there twice"),
        ("*,longest,,\ntax_id,most_frequent verified,,crm\n", ":3: tax_id by majority"),
        ("email,longest,,\n", "no line for *"),
        ("*,longest\n", ":2: not 4 values"),
    ],
)
def test_a_survivorship_file_that_is_wrong_is_named_with_its_line(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "survivorship.csv"
    header = "" if text.startswith("a,b") else "attribute,rules,sources,verified\n"
    path.write_text(header + text)
    with pytest.raises(ContractError) as raised:
        load_survivorship(path)
    assert told in raised.value.message
    assert raised.value.message.startswith(str(path))


def test_a_companys_own_rules_stand_in_for_those_shipped(world):
    assert survivorship_file(world.settings) == SHIPPED
    own = world.settings.stewards / "survivorship.csv"
    own.parent.mkdir()
    own.write_text("attribute,rules,sources,verified\n*,longest,,\n")
    rules = load_survivorship(survivorship_file(world.settings))
    assert set(rules.values()) == {Survival(("longest",), (), ())}
    assert load_survivorship(SHIPPED)["tax_id"].rules[0] == "verified"
