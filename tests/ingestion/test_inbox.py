"""Of an inbox only finished files are taken, and what is passed over is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingestion.inbox import Delivery, deliveries, fingerprint
from tests.ingestion.acme import Acme, contract


def names(acme: Acme, **changes: object) -> tuple[list[str], list[str]]:
    found, passed = deliveries(acme.settings, contract(**changes))
    return [delivery.key.removeprefix("acme/products/") for delivery in found], passed


def test_deliveries_come_in_the_order_of_their_names(acme: Acme) -> None:
    for name in ("b.csv", "a.csv", "sub/a.csv", "c.csv"):
        acme.deliver(b"x", name)
    assert names(acme) == (["a.csv", "b.csv", "c.csv", "sub/a.csv"], [])


def test_no_inbox_is_an_empty_one(acme: Acme) -> None:
    assert names(acme) == ([], [])


def test_only_files_that_the_contract_names_are_seen(acme: Acme) -> None:
    for name in ("a.csv", "a.txt", "b.csv.part", ".hidden.csv", ".git/a.csv"):
        acme.deliver(b"x", name)
    assert names(acme, files="*.csv") == (["a.csv"], [])


@pytest.mark.parametrize(
    "ending", [".part", ".tmp", ".crdownload", ".filepart", ".partial", ".PART"]
)
def test_a_name_that_says_unfinished_is_believed(acme: Acme, ending: str) -> None:
    acme.deliver(b"x", "a.csv" + ending)
    assert names(acme) == ([], [f"acme/products/a.csv{ending}: still being written, by its name"])


def test_links_are_passed_over(acme: Acme, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_bytes(b"x")
    path = acme.deliver(b"x", "a.csv")
    path.with_name("link.csv").symlink_to(outside / "secret.csv")
    path.with_name("folder").symlink_to(outside)
    path.with_name("nowhere.csv").symlink_to("missing")
    assert names(acme) == (
        ["a.csv"],
        [
            f"acme/products/{name}: a link, and links are not followed"
            for name in ("folder", "link.csv", "nowhere.csv")
        ],
    )


def test_what_is_no_file_is_passed_over(acme: Acme) -> None:
    path = acme.deliver(b"x", "a.csv")
    os.mkfifo(path.with_name("pipe.csv"))
    assert names(acme) == (["a.csv"], ["acme/products/pipe.csv: no regular file"])


def test_a_name_that_is_not_utf_8_is_passed_over_and_stops_nobody(acme: Acme) -> None:
    path = acme.deliver(b"id,name,price,day\n", "a.csv")
    folder = os.fsencode(path.parent)
    Path(os.fsdecode(folder + b"/caf\xe9.csv")).write_bytes(b"x")
    Path(os.fsdecode(folder + b"/l\xe9.csv")).symlink_to("a.csv")
    Path(os.fsdecode(folder + b"/t\xe9.csv.tmp")).write_bytes(b"x")
    assert names(acme) == (
        ["a.csv"],
        [
            "acme/products/caf?.csv: its name is not UTF-8; rename it",
            "acme/products/l?.csv: a link, and links are not followed",
            "acme/products/t?.csv.tmp: still being written, by its name",
        ],
    )
    assert acme.ingest().batches == 1


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("till/orders/2026-10-01.csv", "2026-10-01"),
        ("till/orders/2026-10-01/part 2026-10-02.csv", "2026-10-01"),
        ("till/orders/v2_2026-10-01_final.csv", "2026-10-01"),
        ("till/orders/2026-13-45_2026-10-01.csv", "2026-10-01"),
        ("till/orders/2026-02-30.csv", "today"),
        ("till/orders/12026-10-011.csv", "today"),
        ("till/orders/20261001.csv", "today"),
        ("till/orders/all.csv", "today"),
    ],
)
def test_the_partition_is_the_first_real_day_in_the_name(key: str, day: str) -> None:
    assert Delivery(Path("x"), key, (0, 0, 0)).partition("today") == day


def test_a_delivery_has_changed_when_its_inode_size_or_time_has(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    delivery = Delivery(path, "a", fingerprint(path))
    assert not delivery.has_changed
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert delivery.has_changed
    path.unlink()
    assert delivery.has_changed
