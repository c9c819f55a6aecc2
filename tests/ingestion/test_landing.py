"""A delivery becomes one batch, whole and once, or nothing at all."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cartera import batches, records
from cartera.arrows.building import freeze
from cartera.errors import LockBusy, RefusedByData, UsageError
from cartera.lock import hold
from ingestion import inbox, landing
from ingestion.inbox import Delivery
from ingestion.landing import ingest_contract
from tests.ingestion.acme import GOOD, HEADER, Acme, contract

OTHER = HEADER + b"3,glue,3,2026-01-03\n"


def test_a_delivery_lands_with_its_account(acme: Acme) -> None:
    manifest = acme.land(GOOD + b"3,glue,much,2026-01-03\n")
    assert (manifest.state, manifest.reason, manifest.ordinal) == ("landed", "", 1)
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (3, 2, 1)
    assert (manifest.landed_rows, manifest.erased, manifest.partition) == (2, 0, "2026-01-02")
    assert manifest.rejects == {"unreadable:list_price": 1}
    folder = f"products/partition=2026-01-02/batch={manifest.batch_id}"
    assert acme.stored() == [
        f"landing/{folder}/data.parquet",
        f"landing/{folder}/manifest.json",
        f"quarantine/{folder}/rows.parquet",
    ]
    assert acme.rows(manifest, "product_id, name, brand, source_system") == [
        ("1", "anvil", None, "acme"),
        ("2", "rope", None, "acme"),
    ]
    record = json.dumps({"id": "3", "name": "glue", "price": "much", "day": "2026-01-03"})
    ((line, rule, kept),) = acme.refused(manifest)
    assert (line, rule, json.loads(kept)) == (4, "unreadable:list_price", json.loads(record))


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


def test_a_file_without_a_day_in_its_name_lands_under_the_day_of_landing(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-05-06T07:08:09Z")
    assert acme.land(GOOD, "products.csv").partition == "2026-05-06"


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


def test_a_batch_over_the_reject_limit_is_held_until_it_is_released(acme: Acme) -> None:
    manifest = acme.land(GOOD + b"3,glue,much,\n", reject_limit=0.2)
    assert manifest.state == "held"
    assert manifest.reason == (
        "1 of 3 records were refused, over the limit of 20.0%; most often unreadable:list_price"
    )
    assert batches.readable(acme.batches()) == []
    with pytest.raises(RefusedByData, match="Nothing has landed"):
        freeze(acme.settings, date(2026, 2, 1))
    # Held, it is a repeat: it does not land again.
    assert acme.ingest(contract(reject_limit=0.2)).repeats == 1
    with pytest.raises(UsageError, match="A reason is needed"):
        batches.set_state(acme.settings, manifest.batch_id, "landed", " ")
    batches.set_state(acme.settings, manifest.batch_id[:6], "landed", "known glue")
    (read,) = batches.readable(acme.batches())
    assert (read.state, read.reason, read.accepted) == ("landed", "known glue", 2)
    assert freeze(acme.settings, date(2026, 2, 1)).manifests == [read]
    (record,) = records.read(acme.settings, "batches")
    assert (record["batch_id"], record["state"]) == (manifest.batch_id, "landed")
    with pytest.raises(UsageError, match="is landed already"):
        batches.set_state(acme.settings, manifest.batch_id, "landed", "again")


def test_at_the_reject_limit_a_batch_still_lands(acme: Acme) -> None:
    assert acme.land(GOOD + b"3,glue,much,\n4,x,1,\n", reject_limit=0.25).state == "landed"


def test_a_discarded_delivery_stays_away_whether_it_was_held_or_had_landed(acme: Acme) -> None:
    landed = acme.land(GOOD)
    batches.set_state(acme.settings, landed.batch_id, "discarded", "the wrong file")
    assert acme.ingest().repeats == 1
    assert batches.readable(acme.batches()) == []
    with pytest.raises(UsageError, match="is discarded already"):
        batches.set_state(acme.settings, landed.batch_id, "landed", "after all")


def test_an_empty_snapshot_is_held_as_it_would_take_everything_away(acme: Acme) -> None:
    full = acme.land(GOOD, delivery="snapshot")
    empty = acme.land(HEADER, "2026-01-03.csv", delivery="snapshot")
    assert (empty.state, empty.reason[:17]) == ("held", "an empty snapshot")
    assert batches.readable(acme.batches()) == [full]


def test_a_delivery_of_a_day_to_come_is_held(acme: Acme) -> None:
    assert "is yet to come" in acme.land(GOOD, "2062-01-03.csv").reason


def test_a_file_is_read_by_its_own_name_though_it_looks_like_a_pattern(acme: Acme) -> None:
    acme.land(GOOD, "p_2026-01-02.csv")
    for name in ("p_*.csv", "p_[0-9]?.csv", "p_2026-01-0?.csv"):
        assert acme.land(HEADER + b"9,x,1,\n", name).received == 1


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


def test_a_discarded_delivery_may_come_again(acme: Acme) -> None:
    held = acme.land(GOOD + b"3,glue,much,\n", reject_limit=0)
    batches.set_state(acme.settings, held.batch_id, "discarded", "wrong contract", again=True)
    again = acme.ingest(contract(reject_limit=1))
    assert (again.batches, again.repeats) == (1, 0)
    first, second = acme.batches()
    assert (first.state, second.state) == ("discarded", "landed")
    assert (first.checksum, second.ordinal) == (second.checksum, 2)
    assert batches.readable(acme.batches()) == [second]


def test_a_missing_column_holds_the_batch(acme: Acme) -> None:
    manifest = acme.land(b"id,name,day\n1,anvil,2026-01-01\n2,rope,2026-01-02\n")
    assert manifest.state == "held"
    assert manifest.reason == "columns price are missing; the file has: id, name, day"
    assert (manifest.received, manifest.quarantined, manifest.landed_rows) == (2, 2, 0)
    assert manifest.rejects == {"schema": 2}
    with pytest.raises(UsageError, match="nothing to release: columns price are missing"):
        batches.set_state(acme.settings, manifest.batch_id, "landed", "never mind")


def test_a_new_column_holds_the_batch_unless_it_is_ignored(acme: Acme) -> None:
    content = b"id,name,price,day,colour\n1,anvil,1.5,2026-01-01,red\n"
    manifest = acme.land(content)
    assert (manifest.state, manifest.reason) == (
        "held",
        "columns colour are new; map or ignore them",
    )
    assert acme.land(content + b"\n", ignore=["colour"]).state == "landed"
    assert acme.land(content + b"\n\n", new_columns="ignore").state == "landed"


def test_a_wrong_delimiter_holds_the_batch_and_is_named(acme: Acme) -> None:
    manifest = acme.land(GOOD.replace(b",", b";"))
    assert manifest.state == "held"
    assert manifest.reason == (
        "columns id, name, price, day are missing; the file has: id;name;price;day; "
        "with one column only, ',' is not its delimiter"
    )
    assert (manifest.received, manifest.quarantined) == (2, 2)


@pytest.mark.parametrize(
    "name",
    [
        "two words 2026-01-02.csv",
        'it\'s "quoted".csv',
        "'; drop table x; --.csv",
        "año 日本 \U0001f4b6.csv",
        "a%20b{c}$d`e`.csv",
        "..csv",
        "a\nb.csv",
        "[ab]*?.csv",
        "deep/er/2026-01-02.csv",
        "partition=x/batch=y.csv",
    ],
)
def test_a_strange_name_lands_and_stays_inside(acme: Acme, name: str) -> None:
    if name.startswith("."):
        acme.deliver(GOOD, name)
        assert acme.ingest().batches == 0
        return
    manifest = acme.land(GOOD + b"3,glue,much,\n", name)
    assert manifest.delivery == f"acme/products/{name}"
    assert len(acme.rows(manifest)) == 2
    folder = f"products/partition={manifest.partition}/batch={manifest.batch_id}"
    assert acme.stored() == [
        f"landing/{folder}/data.parquet",
        f"landing/{folder}/manifest.json",
        f"quarantine/{folder}/rows.parquet",
    ]
    assert {path.name for path in acme.settings.home.iterdir()} == {
        "inbox",
        "landing",
        "quarantine",
        "state",
    }
    acme.deliver(GOOD, name)
    assert acme.ingest().batches == 1


def test_what_a_kill_left_is_removed_before_the_next_landing(acme: Acme) -> None:
    folder = acme.settings.landing / "products" / "partition=2026-01-02" / "batch=0123"
    folder.mkdir(parents=True)
    (folder / "data.parquet").write_bytes(b"half")
    refused = acme.settings.quarantine / "products" / "partition=2026-01-02" / "batch=0123"
    refused.mkdir(parents=True)
    (refused / "rows.parquet").write_bytes(b"half")
    manifest = acme.land(GOOD)
    assert all(manifest.batch_id in path for path in acme.stored())


def test_two_ingests_of_a_source_do_not_run_at_once(acme: Acme) -> None:
    acme.deliver(GOOD)
    with hold(acme.settings, "ingest-products"), pytest.raises(LockBusy):
        acme.ingest()
    assert acme.stored() == []


def test_an_interrupted_landing_leaves_nothing(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    acme.deliver(GOOD + b"3,glue,much,\n")

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batches, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        acme.ingest()
    assert acme.stored() == []


def test_bytes_that_are_no_text_count_once_in_a_file_whose_columns_do_not_fit(acme: Acme) -> None:
    manifest = acme.land(b"i,name,price,day\n1,\x80,1,\n2,x,1,\n")
    assert (manifest.state, manifest.received, manifest.quarantined) == ("held", 2, 2)
    assert [rule for _, rule, *_ in acme.refused(manifest)] == ["ragged:invalid_encoding", "schema"]


def test_bytes_that_are_no_text_in_a_column_nobody_reads_shift_no_number(acme: Acme) -> None:
    content = b"id,name,price,day,note\n1,a,1,,\x80\n2,b,much,,\n3,c,3,,\n"
    manifest = acme.land(content, ignore=["note"])
    assert (manifest.accepted, manifest.quarantined) == (1, 2)
    assert [(line, rule) for line, rule, *_ in acme.refused(manifest)] == [
        (2, "ragged:invalid_encoding"),
        (3, "unreadable:list_price"),
    ]
