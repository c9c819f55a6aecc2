"""Retention: what is too old goes as by an erasure, is counted, and no refusal goes with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cartera import batches, records
from cartera.arrows import back_up, retain
from cartera.errors import ContractError, UsageError
from cartera.privacy import anew, retention
from cartera.settings import Settings
from ingestion.contract import load_contracts
from tests.privacy.small import CONTRACTS, Small

MESSAGES = """
system: acme
source: campaign_messages
about: Messages of the tests.
delivery: increment
retention: 24m
expected_volume: false
format: {type: csv, timestamp: [iso]}
columns: {message_id: id, campaign_id: campaign, event_type: what, event_at: day, party_email: mail}
"""
PRODUCTS = """
system: acme
source: products
about: Products of the tests, without a time of their own.
delivery: DELIVERY
retention: 2w
expected_volume: false
format: {type: csv}
columns: {product_id: id, name: name}
"""


@pytest.fixture(autouse=True)
def _today(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the home is made, which takes the caller's environment away."""
    monkeypatch.setenv("CARTERA_NOW", "2026-03-01T12:00:00")


def write_contract(settings: Settings, source: str, text: str) -> None:
    (settings.contracts / "acme" / f"{source}.yml").write_text(text)


def keep_orders(small: Small, period: str) -> None:
    write_contract(small.settings, "orders", CONTRACTS["orders"] + f"retention: {period}\n")


def went(small: Small, day: date, *, dry_run: bool = False) -> list[tuple[int, int, int]]:
    report = retain(small.settings, as_of=day, dry_run=dry_run)
    return [(c["rows"], c["refused"], len(c["batches"])) for c in report.contracts]


def test_rows_go_by_their_own_time_and_refused_records_by_their_delivery_s(small: Small) -> None:
    keep_orders(small, "1m")
    delivered = small.settings.inbox / "acme" / "orders" / "2026-01-02.csv"
    (before,) = small.batches("orders")
    # By dates of Madrid: what was ordered at 10:00 UTC on the second is of the second.
    assert went(small, date(2026, 2, 2), dry_run=True) == [(3, 0, 1)]
    assert small.batches("orders") == [before]
    assert delivered.exists()
    assert went(small, date(2026, 2, 2)) == [(3, 0, 1)]
    assert small.rows("orders", "order_id") == [("o4",)]
    assert small.accounts("orders") == [(5, 1, 1, 3)]
    assert not before.folder(small.settings).exists()
    assert not delivered.exists()
    (told,) = records.read(small.settings, "retention")
    assert (told["as_of"], told["contracts"][0]["before"]) == ("2026-02-02", "2026-01-02")
    assert went(small, date(2026, 2, 2)) == [(0, 0, 0)]
    assert went(small, date(2026, 2, 3)) == [(1, 1, 1)]
    assert small.accounts("orders") == [(5, 0, 0, 5)]
    # People have no retention here.
    assert len(small.rows("crm_contacts", "record_id")) == 3


def test_broken_off_it_is_finished_the_next_time(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_orders(small, "1m")

    def killed(settings: Settings, batch: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        retain(small.settings, as_of=date(2026, 2, 2))
    assert len(batches.scan(small.settings, "orders", replaced=True)) == 2
    assert small.accounts("orders") == [(5, 1, 1, 3)]
    monkeypatch.setattr(retention, "delete", anew.delete)
    assert went(small, date(2026, 2, 2)) == [(0, 0, 0)]
    assert len(batches.scan(small.settings, "orders", replaced=True)) == 1


def test_that_somebody_said_no_outlives_it(small: Small) -> None:
    write_contract(small.settings, "campaign_messages", MESSAGES)
    path = small.settings.inbox / "acme" / "campaign_messages" / "2023-01-05.csv"
    path.parent.mkdir()
    events = ("sent", "open", "click", "unsubscribe", "complaint", "hard_bounce")
    rows = [f"m{n},spring,{what},2023-01-0{n + 1} 10:00:00," for n, what in enumerate(events)]
    path.write_text("id,campaign,what,day,mail\n" + "\n".join(rows) + "\nm9,x,sent,2026-01-01,\n")
    small.land()
    assert went(small, date(2026, 3, 1)) == [(3, 0, 1)]
    assert small.rows("campaign_messages", "event_type") == [
        *(("complaint",), ("hard_bounce",), ("sent",), ("unsubscribe",))
    ]


def test_consents_have_no_retention(small: Small) -> None:
    text = (
        "system: acme\nsource: consents\nabout: x.\ndelivery: increment\nretention: 5y\n"
        "format: {type: csv, timestamp: [iso]}\n"
        "columns: {consent_id: a, channel: b, purpose: c, status: d, occurred_at: e}\n"
    )
    write_contract(small.settings, "consents", text)
    with pytest.raises(ContractError, match="a withdrawal outlives all else"):
        load_contracts(small.settings.contracts)


@pytest.mark.parametrize(("delivery", "left"), [("increment", ["3"]), ("snapshot", ["2"])])
def test_without_a_time_its_delivery_tells_and_the_latest_snapshot_stays(
    small: Small, delivery: str, left: list[str]
) -> None:
    write_contract(small.settings, "products", PRODUCTS.replace("DELIVERY", delivery))
    folder = small.settings.inbox / "acme" / "products"
    folder.mkdir()
    days = ("2026-01-05", "2026-01-12") + (("2026-02-20",) if delivery == "increment" else ())
    for number, day in enumerate(days, start=1):
        (folder / f"{day}.csv").write_text(f"id,name\n{number},Anvil\n")
    small.land()
    retain(small.settings, as_of=date(2026, 3, 1))
    assert [row for (row,) in small.rows("products", "product_id")] == left
    assert sum(m.landed_rows for m in small.batches("products")) == 1


@pytest.mark.parametrize(
    ("period", "first"),
    [("36h", "2026-03-29"), ("10d", "2026-03-21"), ("2w", "2026-03-17"), ("1m", "2026-02-28"),
     ("13m", "2025-02-28"), ("2y", "2024-03-31")],
)  # fmt: skip
def test_a_period_counts_back_from_the_day_and_keeps_the_longer_of_doubts(
    period: str, first: str
) -> None:
    assert retention.cutoff(date(2026, 3, 31), period).isoformat() == first


def test_a_day_that_is_yet_to_come_is_refused(small: Small) -> None:
    keep_orders(small, "1m")
    with pytest.raises(UsageError, match="is yet to come"):
        retain(small.settings, as_of=date(2026, 3, 2))
    assert small.accounts("orders") == [(5, 4, 1, 0)]


def test_backups_beyond_those_that_are_kept_go(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    assert back_up(small.settings, progress=told.append) is None
    assert told == ["no backup is made: CARTERA_BACKUP_FOLDER is not set"]
    nowhere = {"backup_folder": str(tmp_path / "none")}
    with pytest.raises(UsageError, match="CARTERA_BACKUP_FOLDER: there is no folder"):
        back_up(small.settings.model_copy(update=nowhere))
    (tmp_path / "mine.tar").write_text("")
    settings = small.settings.model_copy(update={"backup_folder": str(tmp_path), "keep_backups": 2})
    for day in (1, 8, 15):
        monkeypatch.setenv("CARTERA_NOW", f"2026-02-{day:02}T08:00:00")
        back_up(settings)
    assert sorted(path.name for path in tmp_path.glob("*.tar")) == [
        "cartera-20260208T080000Z.tar",
        "cartera-20260215T080000Z.tar",
        "mine.tar",
    ]
