"""Who is who in a real build: web sessions, ties, and what a steward's decision changes."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cartera import publications
from cartera.activation.audience import find_audience
from cartera.activation.preview import preview
from cartera.arrows import build, ingest
from cartera.arrows.building import begin, prepare
from cartera.cli import app
from cartera.settings import Settings
from tests.integration.conftest import AS_OF, Built, own_settings
from tests.integration.landed import PEOPLE
from tests.without_dbt import without_dbt

OF_PEOPLE = ("identity_map", "identity_ledger", "golden_records")
EVERYONE = """name: everyone
about: All buyers.
purpose: marketing
channel: email
rule: orders > 0
holdout_percent: 0
fields: [customer_id]
"""


@dataclass(frozen=True)
class Unlinked:
    """A home in which a steward took ``record`` out of ``customer``, and built again."""

    before: Built
    after: Built
    customer: str
    record: tuple[str, str]


@pytest.fixture(scope="module")
def db(demo: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def unlinked(
    demo: Built, db: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> Unlinked:
    """The demo's home, copied; of a buyer with two records that buy, one is taken out."""
    home = tmp_path_factory.mktemp("unlinked") / "home"
    for folder in ("landing", "publications", "state"):
        shutil.copytree(demo.settings.home / folder, home / folder, symlinks=True)
    settings = own_settings(home)
    (home / "audiences").mkdir()
    (home / "audiences" / "everyone.yml").write_text(EVERYONE)
    row = db.execute(
        """
        with buying as (
            select customer_id, source_system, source_record_id
            from contacts.contacts.identity_map
            where source_system = 'shop' and source_record_id not like 'party:%'
        )
        select customer_id, source_system, source_record_id from buying
        where customer_id in (
            select customer_id from warehouse.core.fct_orders where source_system = 'shop'
            intersect
            select customer_id from warehouse.core.fct_orders where source_system = 'till'
        )
        order by 1, 2, 3 limit 1
        """
    ).fetchone()
    assert row
    customer, system, record = row
    done = CliRunner().invoke(
        app,
        ["identity", "unlink", f"{system}:{record}", "--reason", "another", "--home", str(home)],
    )
    assert done.exit_code == 0, done.output
    with without_dbt():
        report = build(settings, as_of=AS_OF, in_full=True)
    return Unlinked(
        demo, Built(settings, demo.truth, (*demo.reports, report)), customer, (system, record)
    )


def from_landing(demo: Built, home: Path) -> Settings:
    """An empty home with the demo's landing, its people in another order, and the ledger."""
    shutil.copytree(demo.settings.home / "landing", home / "landing")
    (home / "state").mkdir()
    ledger = "identity_ledger.parquet"
    shutil.copy(demo.settings.state / ledger, home / "state" / ledger)
    for source in PEOPLE:
        for file in (home / "landing" / source).rglob("*.parquet"):
            shuffled = file.with_suffix(".shuffled")
            duckdb.execute(
                f"copy (from '{file}' order by hash(record_id)) to '{shuffled}' (format parquet)"
            )
            shuffled.replace(file)
    return own_settings(home)


def go_back(unlinked: Unlinked, home: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The home with the unlinking, rolled back to before it; then new people come in a build.

    The customer of each ``system:record`` of that build, and where ids of before lead.
    """
    shutil.copytree(unlinked.after.settings.home, home, symlinks=True)
    settings = own_settings(home)
    publications.rollback(settings, None, "a mistake")
    export = "crm/crm_contacts/contacts_2026-10-31.csv"
    (settings.inbox / export).parent.mkdir(parents=True)
    lines = (unlinked.before.settings.inbox / export).read_text().splitlines(keepends=True)
    again = lines[1].replace(lines[1].split(",")[0], "CRM-AGAIN")
    stranger = {"id": "CRM-NEW", "first_name": "Zenobia", "last_name": "Quiroga",
                "email": "zenobia@nueva.example", "created_on": "2026-09-01T10:00:00Z"}  # fmt: skip
    new = ",".join(stranger.get(name, "") for name in lines[0].strip().split(","))
    (settings.inbox / export).write_text("".join([*lines, again, f"{new}\n"]))
    ingest(settings, "crm")
    with begin(settings, AS_OF, None, None) as under_way:
        prepare(under_way)
        with under_way.files("work", "contacts", write=()) as connection:
            merges = (
                "select old_customer_id, current_customer_id from work.identity.customer_merges"
            )
            return customers_in(connection), dict(connection.execute(merges).fetchall())


def customers_in(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The customer of each ``system:record``."""
    return dict(
        connection.execute(
            "select source_system || ':' || source_record_id, customer_id "
            "from contacts.contacts.identity_map"
        ).fetchall()
    )


def customers_of(built: Built, number: int) -> dict[str, str]:
    """The customer of each ``system:record`` in a publication."""
    with built.connect(number) as connection:
        return customers_in(connection)


def test_landing_in_another_order_and_the_ledger_give_everything_back(
    demo: Built, tmp_path: Path
) -> None:
    """Who is who, found again in an empty home: the same ids, ledger, golden records and ties."""
    settings = from_landing(demo, tmp_path / "home")
    with begin(settings, AS_OF, None, None) as under_way, demo.connect() as published:
        with without_dbt():
            prepare(under_way)
        with under_way.files("work", "contacts", write=()) as again:
            ties = "select customer_id_a, customer_id_b, kind, evidence, members from {}"
            for there, here in (
                *((f"from contacts.contacts.{name}",) * 2 for name in OF_PEOPLE),
                ("from work.identity.customer_merges", "from warehouse.core.customer_merges"),
                (
                    ties.format("work.identity.customer_links"),
                    ties.format("warehouse.core.customer_links")
                    + " where kind not in ('company', 'referral')",
                ),
            ):
                found = again.execute(f"{there} order by all").fetchall()
                assert found or "merges" in there
                assert found == published.execute(f"{here} order by all").fetchall(), there


def test_a_build_in_full_finds_what_would_have_been_carried_over(unlinked: Unlinked) -> None:
    counts = unlinked.after.reports[-1].counts
    assert counts["pairs_compared"] > 100
    differing = ("pairs_that_differed", "records_that_moved", "golden_records_that_differed")
    assert [counts[name] for name in differing] == [0, 0, 0]


@pytest.mark.nightly
def test_new_people_after_a_rollback_rename_nobody_and_no_id_is_lost(
    unlinked: Unlinked, tmp_path: Path
) -> None:
    before, later = (customers_of(unlinked.after, number) for number in (0, 1))
    now, leads = go_back(unlinked, tmp_path / "home")
    parted = ":".join(unlinked.record)
    assert {name for name in before if now[name] != before[name]} == {parted}
    assert set(now) - set(before) == {"crm:CRM-AGAIN", "crm:CRM-NEW"}
    assert now["crm:CRM-AGAIN"] in set(before.values())
    assert now["crm:CRM-NEW"] not in {*before.values(), *later.values()}
    # What the publication that was gone back from called the parted record finds it still.
    known = set(now.values())
    assert all(leads.get(old, old) in known for old in {*before.values(), *later.values()})
    assert leads.get(later[parted], later[parted]) == now[parted]


def test_whoever_shares_a_device_stays_apart(db: duckdb.DuckDBPyConnection) -> None:
    overlapping = db.execute(
        """
        select count(*) from warehouse.core.web_identities a
        join warehouse.core.web_identities b using (device_key)
        where a.web_identity_key < b.web_identity_key
            and a.valid_from < b.valid_to and b.valid_from < a.valid_to
        """
    ).fetchall()
    assert overlapping == [(0,)]


def test_customers_of_one_household_are_tied_and_not_merged(
    demo: Built, db: duckdb.DuckDBPyConnection
) -> None:
    with (demo.truth / "people.csv").open() as file:
        home_of = {
            (row["source_system"], row["source_record_id"]): row["household_id"]
            for row in csv.DictReader(file)
        }
    households: dict[str, set[str]] = {}
    for system, record, customer in db.execute(
        "select source_system, source_record_id, customer_id from contacts.contacts.identity_map"
    ).fetchall():
        household = home_of.get((system, record))
        if household:
            households.setdefault(customer, set()).add(household)
    ties = db.execute(
        "select customer_id_a, customer_id_b, kind from warehouse.core.customer_links"
    ).fetchall()
    kinds = Counter(kind for _, _, kind in ties)
    assert kinds["household"] > 10
    assert kinds["company"] > 0
    assert kinds["referral"] > 0
    judged = [
        bool(households[a] & households[b])
        for a, b, kind in ties
        if kind == "household" and a in households and b in households
    ]
    assert sum(judged) / len(judged) > 0.8


def test_after_an_unlink_facts_segments_and_lists_follow(unlinked: Unlinked) -> None:
    system, record = unlinked.record
    with unlinked.after.connect(1) as db, unlinked.before.connect() as old:
        (new,) = db.execute(
            "select customer_id from contacts.contacts.identity_map "
            "where source_system = ? and source_record_id = ?",
            [system, record],
        ).fetchall()[0]
        assert new != unlinked.customer
        moved = db.execute(
            "select orders, net_revenue from warehouse.marts.customer_360 where customer_id = ?",
            [new],
        ).fetchone()
        was, remain = (
            connection.execute(
                "select orders, net_revenue from warehouse.marts.customer_360 "
                "where customer_id = ?",
                [unlinked.customer],
            ).fetchone()
            for connection in (old, db)
        )
        assert (moved or (0,))[0] > 0
        assert (remain or (0,))[0] > 0
        assert was == (moved[0] + remain[0], moved[1] + remain[1])
        scored = db.execute(
            "select count(*) from warehouse.marts.customer_rfm where customer_id in (?, ?)",
            [new, unlinked.customer],
        ).fetchone()
        assert scored == (2,)
        events = db.execute(
            "select event, other_customer_id from contacts.contacts.identity_ledger "
            "where customer_id = ? order by event_id",
            [new],
        ).fetchall()
        assert ("split", unlinked.customer) in events
    everyone = find_audience(unlinked.after.settings, "everyone")
    pulled = preview(unlinked.after.settings, everyone).report
    with unlinked.before.connect() as old:
        buyers = old.execute(
            "select count(*) from warehouse.marts.customer_360 where orders > 0"
        ).fetchone()
    assert buyers
    assert pulled.matched == buyers[0] + 1


def test_the_commands_tell_a_steward_what_happened(unlinked: Unlinked) -> None:
    home = ["--home", str(unlinked.after.settings.home)]
    record = ":".join(unlinked.record)

    def told(*command: str) -> str:
        done = CliRunner().invoke(app, ["identity", *command, *home])
        assert done.exit_code == 0, done.output
        return done.output

    assert "a steward keeps them apart: another" in told("explain", record, unlinked.customer)
    assert f"left {unlinked.customer} and became" in told("history", record)
    assert "must stay apart" in told("history", record)
    assert '"revenue_at_stake"' in told("review", "--json", "--limit", "5")
    assert "another" in told("decisions")
    log = (unlinked.after.settings.state / "access.jsonl").read_text()
    assert all(f'"event": "{event}"' in log for event in ("unlink", "explain", "history", "review"))
