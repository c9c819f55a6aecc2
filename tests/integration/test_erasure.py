"""People of the demo company are erased: found in every store before, and in none afterwards."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from cartera import batches, publications, records
from cartera.arrows import ErasureReport, erase, ingest, pull_audiences, resume_erasure
from cartera.errors import RefusedByData
from cartera.privacy import requests
from cartera.privacy.people import Wanted
from cartera.privacy.scan import scan
from cartera.settings import Settings
from tests.integration.conftest import AS_OF, Built, own_settings

STORES = {
    "exports",
    "inbox",
    "landing",
    "publications",
    "quarantine",
    "state/access.jsonl",
    "state/gates",
    "state/identity",
    "state/identity_ledger.parquet",
    "state/identity_records.parquet",
    "state/logs",
    "stewards",
}


# The sweep of a hundred batches and a build: two minutes of a processor.
pytestmark = pytest.mark.nightly


@dataclass(frozen=True)
class Erased:
    """The home after it, what was asked for, and what a look at it before had told."""

    settings: Settings
    report: ErasureReport
    values: dict[str, list[str]]
    customers: list[str]
    before: dict[str, list[tuple[object, ...]]]


def ask(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    current = publications.current(settings)
    assert current
    with duckdb.connect() as db:
        db.execute(f"attach '{current.warehouse}' as warehouse (read_only)")
        db.execute(f"attach '{current.contacts}' as contacts (read_only)")
        return db.execute(sql).fetchall()


TOTALS = {
    "revenue per day": "select order_date, count(*), sum(net_revenue) "
    "from warehouse.core.fct_orders group by all order by all",
    "contacts": "select count(*) from warehouse.core.fct_campaign_messages",
    "visits": "select count(*) from warehouse.core.fct_web_product_views",
    "cases": "select count(*) from warehouse.core.fct_service_cases",
    "pulls": "select count(*) from warehouse.core.fct_audience_pulls",
}


def chosen(settings: Settings) -> list[str]:
    """Of different kinds: of most records, in a household, the best buyer, and who was refused."""
    queries = [
        "select customer_id from contacts.contacts.identity_map group by 1 "
        "order by count(*) desc, 1 limit 1",
        "select customer_id_a from warehouse.core.customer_links "
        "where kind = 'household' order by 1 limit 1",
        "select customer_id from warehouse.marts.customer_360 "
        "order by net_revenue desc nulls last, customer_id limit 1",
        "select customer_id from contacts.contacts.identity_map where source_system = 'crm' "
        f"and source_record_id = '{deliver_damaged(settings)}'",
    ]
    return sorted({str(ask(settings, query)[0][0]) for query in queries})


def deliver_damaged(settings: Settings) -> str:
    """The first contact of the CRM once more, unreadable in two ways; returns its id."""
    last = sorted((settings.inbox / "crm" / "crm_contacts").glob("*.csv"))[-1]
    header, first, *_ = last.read_text().splitlines()
    late = first.replace(first.split(",")[15], "soon")
    last.with_name(f"{last.stem}_again.csv").write_text(
        "\n".join([header, late, f"{first},and,more"]) + "\n"
    )
    # Most of it is refused, so it is held.
    with pytest.raises(RefusedByData):
        ingest(settings, "crm")
    return first.split(",")[0]


@pytest.fixture(scope="module")
def erased(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Erased:
    """A copy of the demo's home, with whatever else somebody may stand in."""
    home = tmp_path_factory.mktemp("erasure") / "home"
    subprocess.run(["cp", "-a", demo.settings.home, home], check=True)
    settings = own_settings(home)
    customers = chosen(settings)
    one = ask(
        settings,
        "select source_system || ':' || source_record_id from contacts.contacts.identity_map "
        f"where customer_id = '{customers[0]}' and not contains(source_record_id, ':') order by 1",
    )
    mail = ask(
        settings,
        "select email from contacts.contacts.golden_records where email is not null and "
        f"customer_id in {tuple(customers)} order by 1",
    )[0][0]
    pull_audiences(settings)
    (settings.stewards).mkdir(exist_ok=True)
    stranger = ask(
        settings,
        "select source_system || ':' || source_record_id from contacts.contacts.identity_map "
        f"where customer_id not in {tuple(customers)} and not contains(source_record_id, ':') "
        "order by 1 limit 1",
    )[0][0]
    (settings.stewards / "cannot_link.csv").write_text(
        f"record_a,record_b,who,when,why\n{one[0][0]},{stranger},eva,2026-01-01,not the same\n"
    )
    records.append(settings, "access", event="explain", names=[one[0][0]])
    (settings.state / "logs" / "run.log").write_text(f"something about {mail}\n")
    (settings.state / "gates" / "old.json").write_text(json.dumps({"keys": [mail]}))
    before = {name: ask(settings, sql) for name, sql in TOTALS.items()}
    asked = erase(settings, Wanted(customers=tuple(customers)), only_request=True)
    waiting = requests.under_way(settings)
    assert waiting == asked.erasure
    values = requests.subjects_of(settings, waiting).values
    report = resume_erasure(settings)
    return Erased(settings, report, values, customers, before)


def test_they_were_in_every_store_and_are_in_none(erased: Erased) -> None:
    assert set(erased.report.erasure.found) == STORES
    assert all(count > 0 for count in erased.report.erasure.found.values())
    now = scan(erased.settings, erased.values)
    assert (now.findings, now.unread) == ([], [])
    assert now.texts > 10_000


def test_the_numbers_are_those_of_before(erased: Erased) -> None:
    """Orders, messages, visits and pulls are there still: they are nobody's."""
    assert {name: ask(erased.settings, sql) for name, sql in TOTALS.items()} == erased.before


def test_nobody_of_them_is_a_customer(erased: Erased) -> None:
    ids = tuple(erased.customers)
    for table in (
        "warehouse.core.dim_customers",
        "warehouse.core.fct_orders",
        "contacts.contacts.golden_records",
        "contacts.contacts.identity_map",
    ):
        assert ask(erased.settings, f"select count(*) from {table} where customer_id in {ids}") == [
            (0,)
        ]
    # Their ids are never given again.
    events = ask(
        erased.settings,
        "select event, source_record_id, evidence from contacts.contacts.identity_ledger "
        f"where customer_id in {ids} and event <> 'merge'",
    )
    assert sorted(events) == [("erase", None, None)] * len(ids)


def test_all_others_have_the_ids_that_they_had(demo: Built, erased: Erased) -> None:
    query = (
        "select source_system, source_record_id, customer_id from contacts.contacts.identity_map "
        f"where customer_id not in {tuple(erased.customers)} order by all"
    )
    assert ask(erased.settings, query) == ask(demo.settings, query)


def test_every_batch_balances_and_somebody_was_refused(erased: Erased) -> None:
    found = batches.scan(erased.settings)
    assert all(m.received == m.accepted + m.quarantined + m.erased for m in found)
    report = erased.report.erasure
    assert sum(m.erased for m in found) == sum(report.erased_rows.values()) + sum(
        report.erased_refused.values()
    )
    assert report.erased_refused
    assert sum(m.unidentified for m in found) == sum(report.unidentified.values()) > 0


def test_there_is_nothing_to_go_back_to(erased: Erased) -> None:
    (only,) = publications.listed(erased.settings)
    assert only.publication_id == erased.report.erasure.publication_id
    assert str(publications.facts(only)["as_of"]) == AS_OF.isoformat()


def test_the_certificate_tells_what_was_done_and_of_nobody(erased: Erased) -> None:
    path = Path(erased.report.certificate)
    told = json.loads(path.with_suffix(".json").read_text())
    assert told["found"] == erased.report.erasure.found
    assert (told["left"], told["people"]) == ({}, len(erased.customers))
    text = path.read_text().lower() + path.with_suffix(".json").read_text().lower()
    found = [
        v for kind, vs in erased.values.items() for v in vs if len(v) > 5 and v.lower() in text
    ]
    assert found == []
    assert [p.name for p in path.parent.glob("*.values.json")] == []


def test_their_sources_send_them_again_and_they_do_not_come_back(
    demo: Built, erased: Erased
) -> None:
    """The last delivery of the CRM once more, under a new name and day."""
    folder = demo.settings.inbox / "crm" / "crm_contacts"
    last = sorted(folder.glob("*.csv"))[-1]
    with last.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    again = erased.settings.inbox / "crm" / "crm_contacts" / last.name.replace("2026", "2027")
    again.write_bytes(last.read_bytes())
    held = {m.batch_id for m in batches.scan(erased.settings, "crm_contacts")}
    # It is held, since its day is yet to come, and lands without them all the same.
    with pytest.raises(RefusedByData):
        ingest(erased.settings, "crm")
    (new,) = [m for m in batches.scan(erased.settings, "crm_contacts") if m.batch_id not in held]
    mine = set(erased.values["record"])
    gone = [row for row in rows if mine & set(row.values())]
    assert len(gone) == new.erased > 0
    assert not again.exists()
    assert scan(erased.settings, erased.values).findings == []
