"""What is kept from build to build changes no result: the same tables as from nothing."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cartera.identity import blocking, kept_records
from cartera.identity.evaluate import COLUMNS
from cartera.identity.kept import folder
from cartera.identity.ledger import export_ledger
from cartera.identity.resolve import resolve
from cartera.identity.standardise import standardise
from cartera.settings import Settings
from tests.identity.linking import Linking, table
from tests.identity.other_people import make_people

Tables = dict[str, list[tuple[Any, ...]]]
WRITTEN = "table_catalog = 'contacts' or table_name in ('customer_links', 'kept_apart', 'bindings')"


class Company:
    """A home in which builds follow each other; what they keep stays, or is lost each time."""

    def __init__(self, home: Path, *, forgets: bool = False) -> None:
        self.settings = Settings(home=home, hash_key="a key of the tests")
        self.settings.state.mkdir(parents=True)
        self.forgets = forgets
        self.builds = 0

    def build(self, people: pa.Table) -> Tables:
        """All that identity leaves."""
        if self.forgets:
            shutil.rmtree(folder(self.settings.state), ignore_errors=True)
        self.builds += 1
        self.connection = duckdb.connect()
        self.connection.execute(
            "attach ':memory:' as work; attach ':memory:' as contacts; create schema work.staging"
        )
        self.connection.register("people", people)
        self.connection.execute(
            f"create table work.staging.stg_people as select {', '.join(COLUMNS)} from people"
        )
        resolve(
            self.settings,
            self.connection,
            publication_id=f"p{self.builds}",
            as_of=datetime(2026, 1, self.builds, tzinfo=UTC),
            base_contacts=None,
        )
        export_ledger(self.settings, self.connection, "contacts")
        names = self.connection.execute(
            f"select table_catalog || '.' || table_schema || '.' || table_name "
            f"from information_schema.tables where {WRITTEN}"
        ).fetchall()
        return {
            name: self.connection.execute(f"select * from {name} order by all").fetchall()
            for (name,) in names
        }

    def count(self, query: str) -> int:
        found: int = self.connection.execute(f"select count(*) from ({query})").fetchall()[0][0]
        return found


def some(everyone: pa.Table, dice: random.Random) -> pa.Table:
    """Nine of ten records, one in twenty of them with another phone."""
    there = everyone.filter(pa.array([dice.random() < 0.9 for _ in range(everyone.num_rows)]))
    phones = [
        f"6{dice.randrange(10**8):08d}" if dice.random() < 0.05 else phone
        for phone in there["phone"].to_pylist()
    ]
    return there.set_column(there.column_names.index("phone"), "phone", pa.array(phones))


@pytest.mark.parametrize("seed", [1, 2])
def test_new_changed_and_deleted_records_give_the_ids_and_tables_of_builds_from_nothing(
    tmp_path, monkeypatch, seed
):
    # Few records, so blocks that are soon too large: they close and open from build to build.
    monkeypatch.setattr(blocking, "LARGEST", 8)
    monkeypatch.setattr(blocking, "LARGEST_WIDE", 4)
    dice = random.Random(seed)
    everyone = make_people(500, seed=seed)
    keeps, forgets = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    parted = reopened = fresh = 0
    for _ in range(3):
        people = some(everyone, dice)
        assert keeps.build(people) == forgets.build(people)
        if keeps.builds > 1:
            parted += keeps.count("from parted")
            reopened += keeps.count("from blocks semi join closed_before using (block)")
            fresh = keeps.count("from changed")
            assert 0 < fresh < people.num_rows
    # Both happened: pairs that no block finds any more, and blocks that find pairs again.
    assert parted > 0
    assert reopened > 0


def test_what_others_do_reaches_a_record_that_stayed_as_it_was(tmp_path):
    """A domain becomes frequent, a birth date too: the kept record is told otherwise."""
    born = date(1970, 5, 5)
    one = {"given_name": "Ana", "email": "ana@empresq.es", "birth_date": born}
    others = [
        {
            "given_name": "Eva",
            "email": f"e{number}@empresa.es",
            "birth_date": born if number < 30 else date(1950, 1, number % 28 + 1),
        }
        for number in range(120)
    ]
    linking = Linking([one, *others[60:120]])
    standardise(linking.connection, "ES", state=tmp_path)
    before = linking.rows("select email_meant, birth_key from work.identity.records limit 1")
    assert before == [{"email_meant": None, "birth_key": born}]
    linking.load(table([one, *others[60:120], *others[:60]]))
    standardise(linking.connection, "ES", state=tmp_path)
    found = linking.rows("select * from work.identity.records order by record")
    assert found[0]["email_meant"] == "ana@empresa.es"
    standardise(linking.connection, "ES")
    assert linking.rows("select * from work.identity.records order by record") == found


def test_a_damaged_part_is_thrown_away_and_changes_nothing(tmp_path):
    people = make_people(300, seed=5)
    company, whole = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    assert company.build(people) == whole.build(people)
    parts = sorted(folder(company.settings.state).glob("*.parquet"))
    assert {path.name.split("-")[0] for path in parts} == {"pairs", "records"}
    for path in parts:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    assert company.build(people) == whole.build(people)
    mended = sorted(folder(company.settings.state).glob("*.parquet"))
    # The last part of a name is the digest of rows whose order is nobody's.
    assert [path.name.rsplit("-", 1)[0] for path in mended] == [
        path.name.rsplit("-", 1)[0] for path in parts
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in mended)


def test_nothing_kept_under_other_settings_is_read_and_it_goes(tmp_path):
    people = [{"given_name": "Ana", "phone": "600112233"}]
    linking = Linking(people)
    standardise(linking.connection, "ES", state=tmp_path)
    (spanish,) = folder(tmp_path).iterdir()
    standardise(linking.connection, "FR", state=tmp_path)
    assert linking.rows("select phone_key from work.identity.records") == [
        {"phone_key": "+33600112233"}
    ]
    (french,) = folder(tmp_path).iterdir()
    assert french.name != spanish.name


def test_of_records_that_are_gone_no_form_stays_for_long(tmp_path):
    people = make_people(200, seed=6)
    linking = Linking(people)
    standardise(linking.connection, "ES", state=tmp_path)
    linking.load(people.slice(0, 150))
    standardise(linking.connection, "ES", state=tmp_path)
    columns = [
        row[0] for row in linking.connection.execute("describe work.staging.stg_people").fetchall()
    ]
    kept = kept_records.kept_records(tmp_path, "ES", columns)
    assert linking.rows(f"select count(*) as n from {kept.source(kept.parts())}") == [{"n": 150}]
