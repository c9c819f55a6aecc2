"""A build on top of another looks at who is near to what changed, and comes to the same."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cartera.duck import connect, create_file
from cartera.identity import blocking, nearby
from cartera.identity.evaluate import COLUMNS
from cartera.identity.kept import folder
from cartera.identity.ledger import export_ledger
from cartera.identity.resolve import resolve
from cartera.identity.stewards import Decision
from cartera.settings import Settings
from tests.identity.other_people import make_people

Tables = dict[str, list[tuple[Any, ...]]]
WRITTEN = (
    "table_catalog = 'contacts' or table_name in "
    "('customer_links', 'customer_merges', 'kept_apart', 'bindings', 'shared_identifiers')"
)


class Company:
    """A home in which builds stand on each other, or each on nothing but the ledger."""

    def __init__(self, home: Path, *, forgets: bool = False) -> None:
        self.settings = Settings(home=home, hash_key="a key of the tests")
        self.settings.state.mkdir(parents=True)
        self.forgets = forgets
        self.builds = 0
        self.told: list[str] = []

    def contacts(self, build: int) -> Path:
        return self.settings.publications / f"p{build}" / "contacts.duckdb"

    def build(
        self, people: pa.Table, decisions: list[Decision] | None = None, *, on: int | None = None
    ) -> Tables:
        """All that identity leaves of a build on top of the last, or of the build ``on``."""
        before = on or self.builds
        if self.forgets:
            for path in folder(self.settings.state).glob("*"):
                path.unlink()
        self.builds += 1
        self.contacts(self.builds).parent.mkdir(parents=True)
        self.told = []
        with connect(self.settings) as connection:
            create_file(connection, self.contacts(self.builds), "contacts")
            connection.execute("attach ':memory:' as work; create schema work.staging")
            connection.register("people", people)
            connection.execute(
                f"create table work.staging.stg_people as select {', '.join(COLUMNS)} from people"
            )
            resolve(
                self.settings,
                connection,
                publication_id=f"p{self.builds}",
                as_of=datetime(2026, 1, self.builds, tzinfo=UTC),
                base_contacts=self.contacts(before) if before else None,
                decisions=decisions or [],
                progress=self.told.append,
            )
            export_ledger(self.settings, connection, "contacts")
            return tables(connection)

    def looked_at_some(self) -> bool:
        """Whether the last build stood on another."""
        return any("looked at again" in line for line in self.told)


def tables(connection: duckdb.DuckDBPyConnection) -> Tables:
    names = connection.execute(
        "select table_catalog || '.' || table_schema || '.' || table_name "
        f"from information_schema.tables where {WRITTEN} order by all"
    ).fetchall()
    return {
        name: connection.execute(f"select * from {name} order by all").fetchall()
        for (name,) in names
    }


def assert_equal(one: Tables, other: Tables) -> None:
    assert set(one) == set(other)
    for name in one:
        assert one[name] == other[name], name


def some(everyone: pa.Table, dice: random.Random, share: float = 0.03) -> pa.Table:
    """All records but some, a few of them with another phone."""
    there = everyone.filter(pa.array([dice.random() < 1 - share for _ in range(everyone.num_rows)]))
    phones = [
        f"6{dice.randrange(10**8):08d}" if dice.random() < share else phone
        for phone in there["phone"].to_pylist()
    ]
    return there.set_column(there.column_names.index("phone"), "phone", pa.array(phones))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_builds_on_top_of_each_other_leave_what_builds_of_everybody_leave(
    tmp_path, monkeypatch, seed
):
    monkeypatch.setattr(blocking, "LARGEST", 8)
    monkeypatch.setattr(blocking, "LARGEST_WIDE", 4)
    monkeypatch.setattr(nearby, "MOST", 0.9)
    dice = random.Random(seed)
    everyone = make_people(500, seed=seed)
    stands, forgets = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    for build in range(4):
        people = some(everyone, dice)
        assert_equal(stands.build(people), forgets.build(people))
        assert stands.looked_at_some() == (build > 0)
        assert not forgets.looked_at_some()
