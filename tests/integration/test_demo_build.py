"""A build of a small demo: its numbers, the people in it, what it keeps apart and what repeats."""

from __future__ import annotations

import csv
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from cartera.arrows import build, ingest, systems_with_inbox
from cartera.publications import Publication
from tests.integration.conftest import AS_OF, Built, own_settings
from tests.integration.landed import manifests
from tests.integration.leaks import read_people, scan
from tests.without_dbt import without_dbt


@pytest.fixture(scope="module")
def db(demo: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.connect() as connection:
        yield connection


def test_increments_landed_in_any_order_give_the_same_rows(
    demo: Built, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files come one by one in an order of their own, newest snapshots and lookups among them."""
    source = demo.settings.inbox
    files = sorted(path for path in source.rglob("*") if path.is_file())
    random.Random(11).shuffle(files)
    settings = own_settings(tmp_path_factory.mktemp("shuffled"))
    rounds = 2
    for number in range(rounds):
        for path in files[number::rounds]:
            target = settings.inbox / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        for system in reversed(systems_with_inbox(settings)):
            ingest(settings, system)
    with without_dbt():
        report = build(settings, as_of=AS_OF)
    shuffled = Built(settings, demo.truth, (report,))
    assert [m["delivery"] for _, m in manifests(settings.home)] == [
        m["delivery"] for _, m in manifests(demo.settings.home)
    ]
    assert _landing_order(settings.home) != _landing_order(demo.settings.home)
    assert {"core.fct_orders", "contacts.identity_map"} <= set(_tables(demo.publication()))
    assert _differing(demo.publication(), shuffled.publication()) == {}


def test_the_warehouse_holds_nobodys_contact_data(demo: Built) -> None:
    people = read_people(demo.settings.inbox)
    assert min(map(len, (people.emails, people.phones, people.names, people.addresses))) > 50
    assert scan(demo.publication().folder / "warehouse.duckdb", people) == []


def test_the_scan_finds_people_wherever_they_are_planted(demo: Built, tmp_path: Path) -> None:
    people = read_people(demo.settings.inbox)
    found = scan(demo.publication().folder / "contacts.duckdb", people)
    assert {leak.kind for leak in found} == {"e-mail", "phone", "name", "address"}
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(demo.publication().folder / "warehouse.duckdb", copy)
    copy.chmod(0o600)
    email, phone = min(people.emails), min(people.phones)
    name, address = min(people.names), min(people.addresses)
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in address.upper())
    with duckdb.connect(str(copy)) as db:
        db.execute("update ops.quality_results set reason = ?", [f"see <{email.upper()}>, please"])
        db.execute("create schema odd")
        db.execute("create table odd.nested (value json, list varchar[])")
        db.execute(
            "insert into odd.nested values (?, ?)",
            [f'{{"a": [{{"b": "{escaped}"}}]}}', [f"+34 {phone[:3]} {phone[3:5]}-{phone[5:]}"]],
        )
        db.execute("update marts.customer_360 set home_store_id = ?", [f"({name.title()})"])
    assert {(leak.place, leak.kind, leak.value) for leak in scan(copy, people)} >= {
        ('"ops"."quality_results"."reason"', "e-mail", email),
        ('"odd"."nested"."value"', "address", address),
        ('"odd"."nested"."list"', "phone", phone),
        ('"marts"."customer_360"."home_store_id"', "name", name),
    }


def test_records_are_joined_as_the_truth_says(demo: Built, db: duckdb.DuckDBPyConnection) -> None:
    with (demo.truth / "people.csv").open() as file:
        truth = {
            (r["source_system"], r["source_record_id"]): r["person_id"]
            for r in csv.DictReader(file)
        }
    mapped = db.execute(
        "select source_system, source_record_id, customer_id from contacts.contacts.identity_map"
    ).fetchall()
    together: Counter[str] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for system, record, customer in mapped:
        person = truth.get((system, record))
        if person is not None:
            together[customer] += 1
            right[customer, person] += 1
    pairs, true_pairs = _pairs(together), _pairs(right)
    assert pairs > 50
    # So few people share more mailboxes with a namesake than many do: 95 of 99 pairs are right
    # here, 523 of 535 among 2,000 people.
    assert true_pairs / pairs >= 0.95
    assert true_pairs / _pairs(Counter(truth.values())) > 0.5


def test_quarantine_holds_the_bad_rows_of_the_truth_and_no_others(demo: Built) -> None:
    expected: Counter[str] = Counter()
    with (demo.truth / "bad_rows.csv").open() as file:
        for row in csv.DictReader(file):
            expected[row["source"]] += int(row["count"])
    told: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for _, manifest in manifests(demo.settings.home):
        name = f"{manifest['system']}/{manifest['source']}"
        told[name] += manifest["quarantined"]
        assert manifest["received"] == manifest["accepted"] + manifest["quarantined"]
        batch = f"partition={manifest['partition']}/batch={manifest['batch_id']}"
        refused = demo.settings.quarantine / manifest["source"] / batch / "rows.parquet"
        kept[name] += pq.ParquetFile(refused).metadata.num_rows if refused.exists() else 0
    assert +told == expected
    assert +kept == expected


def _tables(publication: Publication) -> dict[str, str]:
    """The tables of core, marts and contacts: a query of each without publication ids."""
    queries = {}
    for name, schemas in (("warehouse", ("core", "marts")), ("contacts", ("contacts",))):
        with duckdb.connect(str(publication.folder / f"{name}.duckdb"), read_only=True) as db:
            rows = db.execute(
                "select schema_name, table_name, list(column_name order by column_index) "
                "from duckdb_columns() where not internal group by all order by all"
            ).fetchall()
        for schema, table, columns in rows:
            if schema in schemas:
                kept = ", ".join(f'"{column}"' for column in columns if column != "publication_id")
                queries[f"{schema}.{table}"] = f"select {kept} from {name}.{schema}.{table}"
    return queries


def _differing(one: Publication, other: Publication) -> dict[str, tuple[int, int]]:
    """Tables whose rows differ, and how many rows each has that the other has not."""
    assert _tables(one) == _tables(other)
    differing = {}
    with duckdb.connect() as db:
        for prefix, publication in (("one", one), ("other", other)):
            for name in ("warehouse", "contacts"):
                file = publication.folder / f"{name}.duckdb"
                db.execute(f"attach '{file}' as {prefix}_{name} (read_only)")
        for table, query in _tables(one).items():
            mine = query.replace(" from ", " from one_")
            theirs = query.replace(" from ", " from other_")
            counts = tuple(
                db.execute(f"select count(*) from ({a} except all {b})").fetchall()[0][0]
                for a, b in ((mine, theirs), (theirs, mine))
            )
            if counts != (0, 0):
                differing[table] = counts
    return differing


def _landing_order(home: Path) -> list[str]:
    landed = [(m["landed_at"], m["delivery"]) for _, m in manifests(home)]
    return [delivery for _, delivery in sorted(landed)]


def _pairs(groups: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in groups.values())
