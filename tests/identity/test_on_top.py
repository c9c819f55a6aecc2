"""A build on top of another looks at who is near to what changed, and comes to the same."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cartera.duck import connect, create_file
from cartera.identity import blocking, changes, edges
from cartera.identity.base import folder
from cartera.identity.ledger import export_ledger
from cartera.identity.loading import COLUMNS
from cartera.identity.model import load_model, save_model
from cartera.identity.resolve import resolve
from cartera.identity.stewards import Decision, Kind
from cartera.settings import Settings
from tests.identity.linking import table, unoptimised
from tests.identity.other_people import make_people

Tables = dict[str, list[tuple[Any, ...]]]
WRITTEN = (
    "table_catalog = 'contacts' or table_name in "
    "('customer_links', 'customer_merges', 'kept_apart', 'bindings', 'shared_identifiers')"
)


class Company:
    """A home in which builds stand on each other, or each on nothing but the ledger."""

    def __init__(self, home: Path, *, forgets: bool = False) -> None:
        # A worker of the suite has a core; so few rows keep no second thread busy.
        self.settings = Settings(home=home, hash_key="a key of the tests", threads=1)
        self.settings.state.mkdir(parents=True)
        self.forgets = forgets
        self.builds = 0
        self.told: list[str] = []

    def contacts(self, build: int) -> Path:
        return self.settings.publications / f"p{build}" / "contacts.duckdb"

    def build(
        self,
        people: pa.Table,
        decisions: list[Decision] | None = None,
        *,
        on: int | None = None,
        in_full: bool = False,
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
            unoptimised(connection)
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
                in_full=in_full,
                progress=self.told.append,
            )
            export_ledger(self.settings, connection, "contacts")
            return tables(connection)

    def left(self, query: str) -> list[tuple[Any, ...]]:
        """What the last build left for the next one, in the database ``base``."""
        (file,) = folder(self.settings.state).glob(f"base-*-p{self.builds}-*")
        with duckdb.connect() as connection:
            connection.execute(f"attach '{file}' as base (read_only)")
            return connection.execute(query).fetchall()

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
    """All records but some, a few of them with another phone or under another number."""
    there = everyone.filter(pa.array([dice.random() < 1 - share for _ in range(everyone.num_rows)]))
    for column, other in (
        ("phone", lambda _: f"6{dice.randrange(10**8):08d}"),
        ("source_record_id", lambda number: f"new{number}"),
    ):
        values = [
            other(value) if dice.random() < share else value for value in there[column].to_pylist()
        ]
        there = there.set_column(there.column_names.index(column), column, pa.array(values))
    return there


def stated(kind: Kind, pair: tuple[str, str]) -> Decision:
    return Decision(kind, *pair, "rosa", "2026-01-01", "told so", "here")


def decided(company: Company, dice: random.Random) -> list[Decision]:
    """Two records of a customer that are two people, and two of two customers that are one."""
    with duckdb.connect(str(company.contacts(company.builds)), read_only=True) as connection:
        records = connection.execute(
            "select customer_id, source_system || ':' || source_record_id "
            "from contacts.contacts.identity_map order by all"
        ).fetchall()
    whole = dice.choice([i for i in range(1, len(records)) if records[i - 1][0] == records[i][0]])
    far = dice.choice([i for i in range(len(records)) if records[i][0] != records[whole][0]])
    other = dice.choice([i for i in range(len(records)) if records[i][0] != records[far][0]])
    return [
        stated("cannot_link", (records[whole - 1][1], records[whole][1])),
        stated("must_link", (records[far][1], records[other][1])),
    ]


def drawn(seed: int) -> tuple[int, int, int, float]:
    """A seed, how many people, the largest component, and the share that changes."""
    dice = random.Random(seed)
    return seed, dice.choice([150, 300]), dice.choice([2, 4, 8, 250]), dice.choice([0.05, 0.2, 0.4])


@pytest.mark.parametrize(
    ("seed", "number", "component", "share"),
    [
        pytest.param(1, 350, 250, 0.03, marks=pytest.mark.nightly),
        # An id is older than whoever was away says.
        pytest.param(2, 350, 4, 0.2, marks=pytest.mark.nightly),
        # An id's founding record goes by its third number.
        (136, 150, 2, 0.4),
        *(pytest.param(*drawn(seed), marks=pytest.mark.nightly) for seed in range(300, 340)),
    ],
)
def test_builds_on_top_of_each_other_leave_what_builds_of_everybody_leave(
    tmp_path, monkeypatch, seed, number, component, share
):
    """Records come, change, go and are numbered anew, blocks close and open, stewards speak."""
    monkeypatch.setattr(blocking, "LARGEST", 8)
    monkeypatch.setattr(blocking, "LARGEST_WIDE", 4)
    monkeypatch.setattr(edges, "LARGEST_COMPONENT", component)
    monkeypatch.setattr(changes, "MOST", 2)
    dice = random.Random(seed)
    everyone = make_people(number, seed=seed)
    stands, forgets = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    decisions: list[Decision] = []
    for build in range(4):
        people = some(everyone, dice, share)
        assert_equal(stands.build(people, decisions), forgets.build(people, decisions))
        assert stands.looked_at_some() == (build > 0)
        assert not forgets.looked_at_some()
        # What stewards said before the third build is taken back before the last.
        decisions = decided(stands, dice) if build < 2 else []


def test_what_others_say_reaches_a_record_that_stayed_as_it_was(tmp_path, monkeypatch):
    """A domain becomes frequent, a birth date too: who stayed is told otherwise."""
    monkeypatch.setattr(changes, "MOST", 2)
    born = date(1970, 5, 5)
    one = {"given_name": "Ana", "email": "ana@empresq.es", "birth_date": born}
    others = [
        {
            "given_name": "Eva",
            "email": f"e{number}@empresa.es",
            "birth_date": born if number < 30 else date(1950, 1, 2) + timedelta(number),
        }
        for number in range(120)
    ]
    stands, forgets = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    few, all_of_them = table([one, *others[60:120]]), table([one, *others[60:120], *others[:60]])
    assert_equal(stands.build(few), forgets.build(few))
    first = "select email_meant, birth_key from base.people where source_record_id = '000000'"
    assert stands.left(first) == [(None, born)]
    assert_equal(stands.build(all_of_them), forgets.build(all_of_them))
    assert stands.looked_at_some()
    assert stands.left(first) == forgets.left(first) == [("ana@empresa.es", None)]


def test_a_build_in_full_finds_what_was_carried_over_wrong_and_holds(tmp_path):
    people = make_people(200, seed=8)
    company, forgets = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    company.build(people, in_full=True)
    assert "there was nothing to stand on" in company.told[-2]
    forgets.build(people)
    file = company.contacts(1)
    with duckdb.connect(str(file)) as connection:
        for table_, change in (
            ("identity_pairs", "weight = weight + 1"),
            ("golden_records", "city = 'Nowhere'"),
            ("identity_map", "customer_id = 'wrong'"),
        ):
            connection.execute(f"update contacts.contacts.{table_} set {change} where rowid = 0")
    told = company.build(people, in_full=True)
    said = next(line for line in company.told if "compared again" in line)
    assert "1 differ from what was carried over, 1 records moved and 1 golden records" in said
    assert_equal(told, forgets.build(people))
    assert {path.name for path in file.parent.parent.glob("p2/*")} == {"contacts.duckdb"}
    company.build(people, in_full=True)
    assert company.told[-2].endswith("pairs compared again: nothing differs")
    company.build(people)
    assert company.looked_at_some()


def test_a_build_looks_at_everybody_where_the_one_before_says_nothing(tmp_path):
    """Other code, settings or rules, another base, a damaged file: and it comes to the same."""
    people = make_people(120, seed=4)
    more = make_people(130, seed=4)
    home = tmp_path / "a"
    company = Company(home)
    company.build(people)
    company.build(more)
    assert company.looked_at_some()
    (before, now) = sorted(folder(company.settings.state).glob("base-*"))
    assert {path.stat().st_mode & 0o777 for path in (before, now)} == {0o600}

    # Back to the first: the second gave ids that it does not know.
    company.build(more, on=1)
    assert not company.looked_at_some()

    # From here on, each build finds one thing changed that the one before it had.
    rules = company.settings.stewards / "survivorship.csv"
    rules.parent.mkdir()
    rules.write_text("attribute,rules,sources,verified\n*,longest,,\n")
    company.build(more)
    assert not company.looked_at_some()
    company.settings = company.settings.model_copy(update={"default_country": "FR"})
    company.build(more)
    assert not company.looked_at_some()
    model = load_model()
    save_model(company.settings.state, replace(model, link_at=model.link_at + 0.01))
    company.build(more)
    assert not company.looked_at_some()
    whole = company.build(more)
    assert company.looked_at_some()

    for path in folder(company.settings.state).glob("base-*"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    assert_alike(company.build(more), whole)
    assert not company.looked_at_some()


def assert_alike(one: Tables, other: Tables) -> None:
    """The same customers, with the same ids and golden records."""
    for name in ("identity_map", "golden_records", "identity_ledger", "identity_pairs"):
        key = f"contacts.contacts.{name}"
        assert one[key] == other[key], name


def test_who_is_gone_is_in_no_table_of_a_build_on_top(tmp_path):
    people = make_people(100, seed=5)
    company = Company(tmp_path)
    company.build(people)
    there = company.build(people.slice(1))
    assert company.looked_at_some()
    gone = str(people["source_record_id"][0])
    assert not [
        name
        for name, rows in there.items()
        if name != "contacts.contacts.identity_ledger" and any(gone in row for row in rows)
    ]
    assert company.left(f"select count(*) from base.people where source_record_id = '{gone}'") == [
        (0,)
    ]


def test_a_decision_about_customers_that_is_taken_back_is_looked_at(tmp_path):
    """It named no record: whom it meant is looked at all the same."""
    people = make_people(60, seed=6)
    stands, forgets = Company(tmp_path / "a"), Company(tmp_path / "b", forgets=True)
    rows = stands.build(people)["contacts.contacts.identity_map"]
    one, other = sorted({row[2] for row in rows})[:2]
    forgets.build(people)
    for decisions in ([stated("must_link", (one, other))], []):
        assert_equal(stands.build(people, decisions), forgets.build(people, decisions))
    assert stands.looked_at_some()
