"""Manifests balance, sort by version, and say which batches a build reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cartera import batches
from cartera.batches import Manifest
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings
from tests.cartera.manifests import manifest


def test_a_manifest_that_does_not_balance_cannot_be_made() -> None:
    with pytest.raises(CarteraError, match="does not balance: 4 received, 2 accepted"):
        manifest(received=4)
    assert manifest(received=4, erased=1).erased == 1


def test_batches_are_read_in_the_order_of_versions(settings: Settings) -> None:
    wanted = [
        manifest(partition="2026-01-01", delivery="a", ordinal=1),
        manifest(partition="2026-01-01", delivery="a", ordinal=2),
        manifest(partition="2026-01-01", delivery="a", ordinal=10),
        manifest(partition="2026-01-01", delivery="b", ordinal=1),
        manifest(partition="2026-01-02", delivery="a", ordinal=1),
    ]
    for one in reversed(wanted):
        batches.commit(settings, one)
    assert batches.scan(settings) == wanted
    assert batches.scan(settings, "products") == []


def test_a_build_reads_what_landed_and_of_snapshots_the_latest_of_each_system() -> None:
    def shot(**changes: Any) -> Manifest:
        return manifest(source="products", delivery_kind="snapshot", **changes)

    old, held, other = shot(ordinal=1), shot(ordinal=3, state="held"), shot(system="shop")
    new, gone = shot(ordinal=2), manifest(state="discarded")
    increments = [manifest(ordinal=1), manifest(ordinal=2)]
    assert batches.readable([old, new, held, other, *increments, gone]) == [new, other, *increments]


def test_a_batch_is_found_by_how_its_id_begins(settings: Settings) -> None:
    one, two = manifest(batch_id="abc1"), manifest(batch_id="abd2", ordinal=2)
    for found in (one, two):
        batches.commit(settings, found)
    assert batches.find(settings, "abc") == one
    with pytest.raises(UsageError, match="2 batches with an id like 'ab'"):
        batches.find(settings, "ab")
    with pytest.raises(UsageError, match="No batch with an id like 'x'"):
        batches.find(settings, "x")


def test_a_broken_manifest_is_an_error_and_no_silence(settings: Settings) -> None:
    one = manifest()
    batches.commit(settings, one)
    path = one.folder(settings) / batches.MANIFEST
    for content in ("{", "[]", '{"batch_id": "x"}', path.read_text().replace("3", "4")):
        path.write_text(content)
        with pytest.raises(CarteraError):
            batches.scan(settings)


def test_names_tell_system_source_delivery_ordinal_and_bytes_apart() -> None:
    parts = ["till", "orders", "a.csv", 1, "00"]
    changed = [[*parts[:i], 2 if i == 3 else "x", *parts[i + 1 :]] for i in range(5)]
    names = [batches.batch_id(*these) for these in [parts, *changed]]
    assert len(set(names)) == 6
    assert batches.batch_id("a", "b", 'c", "d', 1, "e") != batches.batch_id("a", "b", "c", 1, "e")
    assert all(len(name) == 16 for name in names)


def test_what_has_no_manifest_is_removed_and_nothing_else(settings: Settings) -> None:
    one = manifest()
    batches.commit(settings, one)
    one.rejected(settings).parent.mkdir(parents=True)
    one.rejected(settings).write_bytes(b"x")
    half = replace(one, batch_id="half")
    half.folder(settings).mkdir(parents=True)
    half.rejected(settings).parent.mkdir(parents=True)
    elsewhere = replace(half, source="products")
    elsewhere.folder(settings).mkdir(parents=True)
    assert batches.tidy(settings, "orders") == [one]
    assert batches.scan(settings) == [one]
    assert one.rejected(settings).exists()
    assert not half.folder(settings).exists()
    assert not half.rejected(settings).parent.exists()
    assert elsewhere.folder(settings).exists()


def test_refused_records_are_counted_by_source_and_rule() -> None:
    found = batches.rejected_by_rule(
        [
            manifest(rejects={"missing:order_id": 1}),
            manifest(rejects={"missing:order_id": 2, "ragged": 1}),
            manifest(source="products", rejects={"ragged": 4}),
            manifest(quarantined=0, accepted=3, landed_rows=3),
        ]
    )
    assert found == [
        ("till", "orders", "missing:order_id", 3),
        ("till", "orders", "ragged", 1),
        ("till", "products", "ragged", 4),
    ]
