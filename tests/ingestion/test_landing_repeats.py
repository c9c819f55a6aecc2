"""What has landed does not land again, and is not even read again."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cartera import batches
from ingestion import inbox, landing
from ingestion.landing import ingest_contract
from tests.ingestion.acme import GOOD, HEADER, Acme, contract
from tests.noting import calls_of

OTHER = HEADER + b"3,glue,3,2026-01-03\n"


def test_the_same_delivery_twice_lands_once(acme: Acme) -> None:
    acme.land(GOOD)
    before = acme.stored()
    acme.deliver(GOOD)
    again = acme.ingest()
    assert (again.batches, again.repeats, again.received) == (0, 1, 0)
    assert acme.stored() == before


@pytest.mark.parametrize("kind", ["snapshot", "increment"])
def test_deliveries_a_b_a_under_one_name_are_three_batches(acme: Acme, kind: str) -> None:
    for content in (GOOD, OTHER, GOOD):
        acme.land(content, "products.csv", delivery=kind)
    found = acme.batches()
    assert [m.ordinal for m in found] == [1, 2, 3]
    assert len({m.batch_id for m in found}) == 3
    assert found[0].checksum == found[2].checksum
    assert len({m.partition for m in found}) == 1
    read = batches.readable(found)
    assert [m.ordinal for m in read] == ([3] if kind == "snapshot" else [1, 2, 3])


def test_the_same_bytes_under_another_name_are_another_delivery(acme: Acme) -> None:
    acme.land(GOOD, "a.csv")
    acme.deliver(GOOD, "b.csv")
    report = acme.ingest()
    assert (report.batches, report.repeats) == (1, 1)


def test_only_the_partitions_asked_for_land(acme: Acme) -> None:
    for day in ("01", "02", "03"):
        acme.deliver(GOOD, f"2026-01-{day}.csv")
    asked = ingest_contract(
        acme.settings, contract(), since=date(2026, 1, 2), until=date(2026, 1, 2)
    )
    assert asked.batches == 1
    assert [m.partition for m in acme.batches()] == ["2026-01-02"]
    assert (acme.ingest().batches, len(acme.batches())) == (2, 3)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose bytes an ingest looked at; and none is too young to be known again."""
    monkeypatch.setattr(inbox, "RACY_SECONDS", 0)
    return calls_of(monkeypatch, landing, "checksum")


def test_a_file_of_the_same_size_and_times_is_not_read_again(acme: Acme, read: list[Path]) -> None:
    acme.land(GOOD)
    assert acme.ingest().repeats == 1
    assert len(read) == 1
    assert ingest_contract(acme.settings, contract(), verify=True).repeats == 1
    assert len(read) == 2


def test_other_bytes_of_the_same_size_and_time_of_change_are_read(
    acme: Acme, read: list[Path]
) -> None:
    """As ``cp -p`` writes them: it keeps the time of change, and not that of the copy."""
    path = acme.deliver(GOOD)
    acme.ingest()
    stat = path.stat()
    path.write_bytes(GOOD.replace(b"anvil", b"ANVIL"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_mtime_ns == stat.st_mtime_ns
    assert acme.ingest().batches == 1
    assert [m.ordinal for m in acme.batches()] == [1, 2]


def test_a_file_that_was_only_touched_is_read_once_more_and_then_known(
    acme: Acme, read: list[Path]
) -> None:
    path = acme.deliver(GOOD)
    acme.ingest()
    os.utime(path, (7, 7))
    for _ in range(2):
        assert acme.ingest().repeats == 1
    assert len(read) == 2
    assert len(acme.batches()) == 1


def test_a_file_of_the_last_seconds_is_not_known_by_its_times(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, read: list[Path]
) -> None:
    monkeypatch.setattr(inbox, "RACY_SECONDS", 1000)
    assert acme.land(GOOD).file == {}
    assert acme.ingest().repeats == 1
    assert len(read) == 2


def test_to_ingest_a_day_again_replaces_nothing_and_doubles_nothing(acme: Acme) -> None:
    days = [f"2026-01-0{number}" for number in range(1, 5)]
    for day in days:
        acme.deliver(GOOD + b"3,glue,much,\n", f"{day}.csv")
    acme.ingest()
    before = acme.stored()
    for since, until in [(days[1], days[1]), (days[0], days[3]), (days[3], days[3])]:
        report = ingest_contract(
            acme.settings,
            contract(),
            since=date.fromisoformat(since),
            until=date.fromisoformat(until),
        )
        asked = days.index(until) - days.index(since) + 1
        assert (report.batches, report.repeats, report.received) == (0, asked, 0)
    assert acme.stored() == before


def test_lookups_are_worked_out_once_for_all_deliveries(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {
        "product_id": "id",
        "launched_on": {
            "from": "at",
            "lookup": {"source": "campaigns", "key": "campaign_id", "value": "starts_at"},
        },
    }
    own = {
        **columns,
        "name": {
            "from": "at",
            "lookup": {"source": "products", "key": "product_id", "value": "brand"},
        },
    }
    scans: list[str | None] = []
    scan = batches.scan

    def noted(settings: Any, source: str | None = None, **options: Any) -> Any:
        scans.append(source)
        return scan(settings, source, **options)

    monkeypatch.setattr(batches, "scan", noted)
    for number in range(3):
        acme.deliver(b"id,at\n1,\n", f"a{number}.csv")
    assert acme.ingest(contract(columns=columns)).batches == 3
    assert scans.count("campaigns") == 1
    scans.clear()
    for number in range(3):
        acme.deliver(b"id,at\n1,\n", f"b{number}.csv")
    # What is looked up in the source itself changes with each delivery.
    assert acme.ingest(contract(columns=own)).batches == 3
    assert (scans.count("campaigns"), scans.count("products")) == (1, 3)
