"""``cartera status``: the account of each source, and of its latest batch."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from cartera import batches
from cartera.commands.status import describe, show_status
from cartera.settings import Settings
from tests.cartera.manifests import manifest
from tests.ingestion.acme import GOOD, HEADER, Acme, contract


def test_a_source_is_told_whole_and_by_its_latest_batch(acme: Acme) -> None:
    acme.land(GOOD, "2026-01-01.csv")
    footer = {"format": {"type": "csv", "footer": {"rows": 1}}}
    content = b"id,name,cost,day,color\n1,a,x,,red\n2,b,1,,red\nTotal,,,,\n"
    acme.land(content, "2026-01-02.csv", missing_columns="null", new_columns="ignore", **footer)
    (source,) = describe(acme.settings)["sources"]
    assert (source["batches"], source["received"], source["skipped"]) == (2, 4, 1)
    assert (source["reject_rate"], source["last_partition"]) == ("0.00%", "2026-01-02")
    last = source["last_batch"]
    assert (last["received"], last["accepted"], last["quarantined"]) == (2, 2, 0)
    assert (last["skipped"], last["state"]) == ({"footer": 1}, "landed")
    assert [f["kind"] for f in last["drift"]] == ["new", "new", "missing"]
    assert source["drift"] == "new cost, color (not read); missing price (read as empty)"


def test_what_is_held_says_why(acme: Acme) -> None:
    acme.deliver(HEADER + b"1,a,x,\n")
    acme.ingest(contract(reject_limit=0))
    (source,) = describe(acme.settings)["sources"]
    assert (source["held"], source["reject_rate"]) == (1, "100.00%")
    assert "1 of 1 records were refused" in source["last_batch"]["reason"]


def test_the_json_of_status_keeps_its_names(acme: Acme, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts read it: a name may come, and none may go."""
    acme.land(GOOD)
    show_status(acme.settings, json=True)
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"current", "sources", "connections", "needs_you"}
    (source,) = told["sources"]
    assert set(source) == {
        *("system", "source", "part", "last_partition", "days_ago", "batches", "received"),
        *("reject_rate", "skipped", "held", "drift", "last_batch", "expected_every", "is_late"),
    }
    assert set(source["last_batch"]) == {
        *("batch_id", "delivery", "partition", "landed_at", "state", "reason", "received"),
        *("accepted", "quarantined", "skipped", "reject_rate", "drift"),
    }


def test_two_thousand_batches_are_told_without_reading_a_row(settings: Settings) -> None:
    """Only manifests are there: whoever opened a data file would fail."""
    for number in range(2_000):
        one = manifest(
            partition=f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
            delivery=f"till/orders/{number}.csv",
        )
        folder = one.folder(settings)
        folder.mkdir(parents=True)
        (folder / batches.MANIFEST).write_text(json.dumps(asdict(one)))
    (source,) = describe(settings)["sources"]
    assert (source["batches"], source["received"]) == (2_000, 6_000)
    assert source["reject_rate"] == "33.33%"
