"""A file that is not whole, or that no parser gets through, keeps no other one back."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cartera import records
from ingestion import inbox, landing
from ingestion.inbox import Delivery
from tests.ingestion.acme import GOOD, HEADER, Acme, contract

OTHER = HEADER + b"3,glue,3,2026-01-03\n"


def test_a_part_file_is_passed_over(acme: Acme) -> None:
    acme.deliver(GOOD, "2026-01-02.csv.part")
    report = acme.ingest()
    assert report.passed_over == [
        "acme/products/2026-01-02.csv.part: still being written, by its name"
    ]
    assert acme.stored() == []


def test_a_file_that_grows_while_it_is_watched_is_passed_over(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "SETTLE_SECONDS", 0.3)
    path = acme.deliver(GOOD)
    os.utime(path)
    stop = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.wait(0.02):
                file.write(b"3,glue,3,2026-01-03\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        report = acme.ingest()
    finally:
        stop.set()
        writer.join()
    assert report.passed_over == [
        "acme/products/2026-01-02.csv: still being written, its size or time changes"
    ]
    assert acme.stored() == []
    os.utime(path, (1, 1))
    assert acme.ingest().batches == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(GOOD + OTHER),
        lambda path: os.utime(path, (5, 5)),
        lambda path: path.unlink(),
        lambda path: (
            path.with_suffix(".new").write_bytes(GOOD),
            os.replace(path.with_suffix(".new"), path),
        ),
    ],
    ids=["size", "mtime", "gone", "replaced"],
)
def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    path = acme.deliver(GOOD)
    parse = landing.parse

    def parse_and_change(*arguments: Any) -> object:
        parsed = parse(*arguments)
        change(path)
        return parsed

    monkeypatch.setattr(landing, "parse", parse_and_change)
    report = acme.ingest()
    assert report.problems == [
        f"{path}: it changed while it was read. Nothing was landed; the next run takes it."
    ]
    assert (report.batches, acme.stored()) == (0, [])
    assert [r["delivery"] for r in records.read(acme.settings, "refused")] == [
        "acme/products/2026-01-02.csv"
    ]
    monkeypatch.setattr(landing, "parse", parse)
    acme.deliver(GOOD)
    assert acme.ingest().batches == 1


def test_a_file_that_goes_before_it_is_read_does_not_stop_the_others(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = acme.deliver(GOOD, "2026-01-01.csv")
    acme.deliver(GOOD, "2026-01-02.csv")

    def found(*arguments: Any) -> tuple[list[Delivery], list[str]]:
        answer = inbox.deliveries(*arguments)
        gone.unlink()
        return answer

    monkeypatch.setattr(landing, "deliveries", found)
    report = acme.ingest()
    assert report.problems == [
        f"{gone}: cannot be read (No such file or directory). "
        "Check that it is still there and that this user may read it."
    ]
    assert report.batches == 1


def test_an_unreadable_file_does_not_stop_the_others(acme: Acme) -> None:
    acme.deliver(b"", "2026-01-01.csv")
    acme.deliver(GOOD, "2026-01-02.csv")
    report = acme.ingest()
    assert (report.batches, len(report.problems)) == (1, 1)


def test_a_file_that_no_parser_gets_through_does_not_stop_the_next(acme: Acme) -> None:
    acme.deliver(HEADER + b"1,\xff" + "ñ".encode() * 200_000, "2026-01-02.csv")
    acme.deliver(GOOD, "2026-01-03.csv")
    report = acme.ingest()
    assert report.batches == 1
    assert "2026-01-02.csv: cannot be read" in report.problems[0]


def test_a_sum_that_fits_no_column_refuses_its_file_and_shows_no_value(acme: Acme) -> None:
    columns = {
        "order_id": "id",
        "kind": {"constant": "order"},
        "ordered_at": "day",
        "channel": {"constant": "store"},
        "currency": {"constant": "EUR"},
        "gross_amount": {"from": "price", "take": "sum"},
    }
    big = b"1,a,9999999999999999.99,2026-01-01\n"
    acme.deliver(HEADER + big + big, source="orders")
    report = acme.ingest(
        contract(source="orders", group_by=["id"], columns=columns, ignore=["name"])
    )
    assert "does not fit its column" in report.problems[0]
    assert "9999" not in report.problems[0]
