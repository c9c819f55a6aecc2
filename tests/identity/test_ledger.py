"""The ledger outside of memory: exported whole, and read from where publications left it."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from cartera import records
from cartera.identity.ledger import LEDGER_COLUMNS, export_ledger, load_ledger
from cartera.settings import Settings

OLD, NEW = "20260101T000000000000Z-00000000", "20260102T000000000000Z-00000000"


def publication(settings: Settings, name: str, founders: dict[str, str]) -> Path:
    """A published folder with a ledger in which each customer has one record."""
    folder = settings.publications / name
    folder.mkdir(parents=True)
    path = folder / "contacts.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(
            "create schema contacts.contacts; "
            f"create table contacts.contacts.identity_ledger ({LEDGER_COLUMNS})"
        )
        db.execute(
            "create table contacts.contacts.identity_map (source_system varchar, "
            "source_record_id varchar, customer_id varchar, fingerprint varchar)"
        )
        for number, (customer, record) in enumerate(founders.items(), start=1):
            db.execute(
                "insert into contacts.contacts.identity_ledger (event_id, event, customer_id, "
                "source_system, source_record_id, reason) "
                "values (?, 'mint', ?, 'crm', ?, 'founding')",
                [number, customer, record],
            )
            db.execute(
                "insert into contacts.contacts.identity_map values ('crm', ?, ?, ?)",
                [record, customer, f"says {record}"],
            )
    records.append(settings, "publications", event="publish", publication_id=name)
    return path


def loaded(settings: Settings, base: Path | None) -> tuple[set[str], set[str], set[str], list[str]]:
    """Customers of the ledger, customers known elsewhere only, fingerprints, what was told."""
    told: list[str] = []
    with duckdb.connect() as db:
        db.execute("attach ':memory:' as work; create schema work.identity")
        load_ledger(settings, db, base, told.append)
        found = [
            {row[0] for row in db.execute(f"select {column} from work.identity.{table}").fetchall()}
            for table, column in [
                ("ledger", "customer_id"),
                ("elsewhere", "customer_id"),
                ("fingerprints_before", "fingerprint"),
            ]
        ]
    return found[0], found[1], found[2], told


@pytest.fixture
def two(settings: Settings) -> tuple[Path, Path]:
    """Two publications; the second, which gave another id, was rolled back."""
    old = publication(settings, OLD, {"C1": "1"})
    new = publication(settings, NEW, {"C1": "1", "C2": "2"})
    os.symlink(OLD, settings.publications / "current")
    return old, new


def export(settings: Settings, path: Path) -> None:
    with duckdb.connect() as db:
        db.execute(f"attach '{path}' as contacts (read_only)")
        export_ledger(settings, db, "contacts")


def test_what_only_the_export_knows_is_known_elsewhere(settings, two) -> None:
    export(settings, two[1])
    (two[1]).unlink()
    two[1].parent.rmdir()
    assert loaded(settings, two[0]) == ({"C1"}, {"C2"}, {"says 1"}, [])


def test_a_publication_that_was_rolled_back_before_its_export_is_read_itself(settings, two) -> None:
    assert loaded(settings, two[0]) == ({"C1"}, {"C2"}, {"says 1"}, [])


def test_one_that_cannot_be_read_is_told_and_stops_nothing(settings, two) -> None:
    two[1].write_bytes(b"not a database" * 1000)
    ledger, elsewhere, _, told = loaded(settings, two[0])
    assert (ledger, elsewhere) == ({"C1"}, set())
    assert len(told) == 1
    assert NEW in told[0]


def test_without_publications_the_export_is_the_ledger(settings, two) -> None:
    export(settings, two[1])
    assert loaded(settings, None) == ({"C1", "C2"}, set(), {"says 1", "says 2"}, [])
    modes = {path.stat().st_mode & 0o777 for path in settings.state.glob("identity_*.parquet")}
    assert modes == {0o600}


def test_the_ledger_of_an_earlier_version_is_read(settings, two) -> None:
    with duckdb.connect(str(two[0])) as db:
        db.execute("alter table contacts.contacts.identity_ledger drop column evidence")
        db.execute("alter table contacts.contacts.identity_map drop column fingerprint")
    assert loaded(settings, two[0])[0] == {"C1"}
