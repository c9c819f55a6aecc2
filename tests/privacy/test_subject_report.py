"""What is held on one person: all of it, of nobody else, and as a page that is safe to open."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import publications
from cartera.commands.privacy import show_subject_report
from cartera.errors import UsageError
from cartera.privacy.page import as_page
from cartera.privacy.people import Wanted, read_names
from tests.privacy.conftest import ANA, HER
from tests.privacy.small import FIRST, Small


@pytest.fixture
def known(small: Small) -> Small:
    """The small company with the tables that a whole publication has."""
    folder = small.settings.publications / FIRST
    with duckdb.connect() as db:
        db.execute(f"attach '{folder / publications.CONTACTS}' as c")
        db.execute(f"attach '{folder / publications.WAREHOUSE}' as w")
        db.execute(
            """
            create table c.contacts.golden_records as
                select customer_id, 'g' || customer_id as given_name from c.contacts.identity_map;
            create table c.contacts.identity_pairs as
                select '' as customer_id_a, '' as customer_id_b where false;
            create schema w.core;
            create table w.core.fct_orders as
                select customer_id, 10.5 as net_revenue from c.contacts.identity_map;
            """
        )
    return small


def reported(
    known: Small, capsys: pytest.CaptureFixture[str], html: Path | None = None
) -> dict[str, Any]:
    show_subject_report(known.settings, HER, all_holders=False, html=html)
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_it_has_what_every_store_holds(known: Small, capsys: pytest.CaptureFixture[str]) -> None:
    told = reported(known, capsys)
    assert told["customers"] == [ANA]
    assert [row["given_name"] for row in told["identity"]["golden_records"]] == [f"g{ANA}"]
    assert [row["record_id"] for row in told["delivered"]["crm_contacts"]] == ["A-1001"]
    assert [row["order_id"] for row in told["delivered"]["orders"]] == ["o1", "o2"]
    assert {row["delivery"] for row in told["delivered"]["orders"]} == {
        "acme/orders/2026-01-02.csv"
    }
    refused = [row["record"] for row in told["refused"]]
    assert len(refused) == 2
    assert any("A-1002" in record for record in refused)
    assert any("o5" in record for record in refused)
    assert [row["customer_id"] for row in told["warehouse"]["core.fct_orders"]] == [ANA]
    assert "Luis Gil" not in json.dumps(told)


def test_who_looked_is_on_the_record_and_not_what_was_typed(
    known: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    reported(known, capsys)
    text = (known.settings.state / "access.jsonl").read_text()
    assert '"event": "subject-report"' in text
    assert "ana.gil" not in text.lower()


def test_the_page_is_its_owner_s_and_never_another_file(
    known: Small, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "ana.html"
    reported(known, capsys, page)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "ana.gil@example.com" in page.read_text()
    assert "src=" not in page.read_text()
    with pytest.raises(UsageError, match="is there already"):
        reported(known, capsys, page)


def test_what_a_source_delivered_is_text_on_the_page() -> None:
    names = ("customers", "former_ids", "identity", "delivered", "lists", "warehouse", "records")
    empty: dict[str, Any] = {name: [] for name in names}
    page = as_page(
        empty
        | {"also_held_by_others": {"email": 1}}
        | {"refused": [{"record": "<script>alert(1)</script>"}]},
        "2026-01-01",
    )
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_file_of_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text(f"# asked on Monday\nana@example.com\n\n+34 600 111 222\n{ANA}\n")
    assert read_names(path) == Wanted(("ana@example.com",), ("+34 600 111 222",), (ANA,))
    path.write_text("ana@example.com\nAna Gil\n")
    with pytest.raises(UsageError, match=r"names\.txt:2: neither an e-mail"):
        read_names(path)
    path.write_text("# nobody\n")
    with pytest.raises(UsageError, match="names nobody"):
        read_names(path)
