"""Whoever reads contact data, or overrides the gate, is on the record: who, when, what, how much.

What it must not hold is whom: an e-mail that somebody typed would be contact data itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from cartera import clock, publications, records
from cartera.activation.audience import Audience
from cartera.activation.comparing import compare
from cartera.activation.preview import preview
from cartera.activation.pull import current_publication, pull
from cartera.arrows import building, copying, exporting
from cartera.forms import postgres
from cartera.identity.lookup import open_contacts
from cartera.settings import Settings
from expectations import gate
from tests.cartera.calling import TICKETS, Run, deliver

GARBAGE = "2;Cuerda;;;;dos;1,00;31/12/2025;\n"


def last(settings: Settings) -> dict[str, Any]:
    record = records.read(settings, "access")[-1]
    assert record.pop("at") <= clock.now().isoformat()
    assert record.pop("uid") == os.getuid()
    assert record.pop("user") == "tester"
    return record


def test_a_pull_is_on_the_record(published: Settings) -> None:
    audience = Audience(name="big", about="Big.", channel="email", rule="orders < 20")
    report = pull(published, audience)
    told = last(published)
    assert (told["event"], told["pull_id"], told["listed"]) == (
        "pull",
        report.pull_id,
        report.listed,
    )


BIRTHDAYS = {"rule": "days_to_birthday >= 0"}


@pytest.mark.parametrize(
    "named",
    [
        BIRTHDAYS,
        {"order": "days_to_birthday asc"},
        {"limit": 2, "limit_per": "days_to_birthday"},
    ],
)
def test_a_preview_by_birthdays_is_on_the_record_before_they_are_read(
    published: Settings, monkeypatch: pytest.MonkeyPatch, named: dict[str, Any]
) -> None:
    audience = Audience.model_validate(
        {"name": "big", "about": "Big.", "channel": "email", "rule": "orders < 20", **named}
    )
    told = {
        "event": "preview",
        "audience": "big",
        "publication_id": publications.current_id(published),
    }
    assert preview(published, audience).report.matched > 0
    assert last(published) == told
    current_publication(published).contacts.unlink()
    with pytest.raises(duckdb.Error):
        preview(published, audience)
    assert last(published) == told
    assert len(records.read(published, "access")) == 2


def test_a_comparison_by_birthdays_is_on_the_record_and_one_by_orders_is_not(
    published: Settings,
) -> None:
    big = {"name": "big", "about": "Big.", "channel": "email", "rule": "orders < 20"}
    orders = Audience.model_validate(big)
    preview(published, orders)
    compare(published, orders, orders)
    assert records.read(published, "access") == []
    birthdays = [Audience.model_validate({**big, "name": name, **BIRTHDAYS}) for name in "ab"]
    compare(published, *birthdays)
    assert [(told["event"], told["audience"]) for told in records.read(published, "access")] == [
        ("compare", "a"),
        ("compare", "b"),
    ]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("C7KQ2MMB4WJX3A", True),
        ("crm:1042", True),
        ("ana@example.com", False),
        ("crm:ana@example.com", False),
        ("+34 600 111 222", False),
        ("600111222", False),
        ("Ana Ruiz", False),
    ],
)
def test_who_looked_is_told_and_no_address_that_was_typed(
    published: Settings, typed: str, kept: bool
) -> None:
    with open_contacts(published, "explain", [typed]):
        told = last(published)
    assert told["event"] == "explain"
    assert (told["names"], told["asked"]) == ([typed] if kept else [], 1)


def test_refused_records_that_are_shown_or_exported_are_on_the_record(
    settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CARTERA_USER", "tester")
    home = ["--home", str(settings.home)]
    deliver(settings, text=TICKETS + GARBAGE)
    run("ingest", "till", *home)
    (batch,) = {path.parent.name for path in settings.quarantine.rglob("rows.parquet")}
    batch_id = batch.removeprefix("batch=")
    assert run("quarantine", "show", batch_id, *home).code == 0
    assert last(settings) == {"event": "quarantine-show", "batch_id": batch_id, "rows": 1}
    assert run("quarantine", "export", batch_id, "--to", str(tmp_path / "x.csv"), *home).code == 0
    assert last(settings) == {"event": "quarantine-export", "batch_id": batch_id, "rows": 1}
    assert "Cuerda" not in (settings.state / "access.jsonl").read_text()


def test_an_export_of_contact_data_is_on_the_record(published: Settings, tmp_path: Path) -> None:
    copying.export_parquet(published, tmp_path / "plain")
    assert records.read(published, "access") == []
    copying.export_parquet(published, tmp_path / "all", contacts=True)
    told = last(published)
    assert (told["event"], told["rows"]) == ("export-parquet", 40)


def test_a_copy_in_postgres_is_on_the_record(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It always has contact data, in a schema of its own."""
    rows = {"contacts.golden_records": 40, "marts.customer_360": 40, "contacts.identity_map": 60}
    monkeypatch.setattr(postgres, "copy_postgres", lambda *_: SimpleNamespace(rows=rows))
    copying.export_postgres(published)
    told = last(published)
    assert (told["event"], told["rows"]) == ("export-postgres", 100)
    assert told["publication_id"] == publications.current_id(published)


def test_inputs_that_are_exported_are_on_the_record(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Landing and the restricted file, as another engine reads them."""
    monkeypatch.setenv("CARTERA_USER", "tester")
    work = "attach ':memory:' as work; create schema work.landing; "
    made = "create table work.landing.orders as select 'ana@example.com' as m from range(3)"

    @contextmanager
    def files(*_: str, **__: object) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as connection:
            connection.execute(work + made)
            yield connection

    under_way = SimpleNamespace(files=files, inputs=SimpleNamespace(variables={}))
    monkeypatch.setattr(exporting, "begin", lambda *_: nullcontext(under_way))
    monkeypatch.setattr(exporting, "prepare", lambda build: None)
    monkeypatch.setattr(exporting, "sources", lambda: [("landing", "orders")])
    exporting.export_inputs(settings, tmp_path / "inputs")
    assert last(settings) == {"event": "export-inputs", "rows": 3}


def test_an_override_is_on_the_record(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_USER", "tester")
    answer = SimpleNamespace(results=[], status="passed_with_overrides")
    monkeypatch.setattr(gate, "run_gate", lambda *_, **__: answer)
    build = SimpleNamespace(
        settings=settings,
        publication_id="p1",
        candidate=settings.home,
        base=None,
        tell=lambda line: None,
    )
    building._audit(build, {"rfm_unique": "known since May"})
    assert last(settings) == {
        "event": "override",
        "rule": "rfm_unique",
        "reason": "known since May",
        "build": "p1",
    }
