"""Who is who in a real build: web sessions, ties, and what a steward's decision changes."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest
from typer.testing import CliRunner

from cartera.activation.audience import find_audience
from cartera.activation.pull import preview
from cartera.arrows import build
from cartera.cli import app
from tests.integration import web_oracle
from tests.integration.conftest import AS_OF, Built, own_settings
from tests.integration.oracle import Company

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
    with demo.connect(1) as connection:
        yield connection


@pytest.fixture(scope="module")
def company(demo: Built, db: duckdb.DuckDBPyConnection) -> Company:
    pairs = db.execute(
        "select source_system, source_record_id, customer_id from contacts.contacts.identity_map"
    ).fetchall()
    return Company(demo.settings.home, AS_OF, {(s, r): customer for s, r, customer in pairs})


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
            where source_system = 'shop' and source_record_id not like 'email:%'
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
    report = build(settings, as_of=AS_OF)
    return Unlinked(
        demo, Built(settings, demo.truth, (*demo.reports, report)), customer, (system, record)
    )


def test_sessions_are_whose_the_oracle_says(
    demo: Built, company: Company, db: duckdb.DuckDBPyConnection
) -> None:
    expected = web_oracle.sessions(demo.settings.home, company.end, company.customers)
    rows = db.execute(
        "select session_key, customer_id, identified_by, started_at, ended_at, events, "
        "utm_source, utm_medium, utm_campaign from warehouse.core.fct_web_sessions"
    ).fetchall()
    names = ("customer_id", "identified_by", "started_at", "ended_at", "events")
    names += ("utm_source", "utm_medium", "utm_campaign")
    found = {key: dict(zip(names, row, strict=True)) for key, *row in rows}
    for visit in expected.values():
        del visit["login"]
    wrong = {k: (found.get(k), v) for k, v in expected.items() if found.get(k) != v}
    assert not wrong, f"{len(wrong)} differ, such as {next(iter(wrong.items()))}"
    assert found.keys() == expected.keys()
    known = Counter(visit["identified_by"] for visit in expected.values())
    assert min(known[how] for how in ("login", "earlier_login", "later_login", None)) > 5


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
    with unlinked.after.connect(2) as db, unlinked.before.connect(1) as old:
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
    pulled = preview(unlinked.after.settings, find_audience(unlinked.after.settings, "everyone"))
    with unlinked.before.connect(1) as old:
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
