"""A delivery becomes one batch, whole and once, or nothing at all."""

from __future__ import annotations

import json

import pytest

from cartera import batches
from cartera.errors import LockBusy
from cartera.lock import hold
from tests.ingestion.acme import GOOD, HEADER, Acme


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


def test_a_file_without_a_day_in_its_name_lands_under_the_day_of_landing(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-05-06T07:08:09Z")
    assert acme.land(GOOD, "products.csv").partition == "2026-05-06"


def test_a_file_is_read_by_its_own_name_though_it_looks_like_a_pattern(acme: Acme) -> None:
    acme.land(GOOD, "p_2026-01-02.csv")
    for name in ("p_*.csv", "p_[0-9]?.csv", "p_2026-01-0?.csv"):
        assert acme.land(HEADER + b"9,x,1,\n", name).received == 1


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


def test_bytes_that_are_no_text_in_a_column_nobody_reads_shift_no_number(acme: Acme) -> None:
    content = b"id,name,price,day,note\n1,a,1,,\x80\n2,b,much,,\n3,c,3,,\n"
    manifest = acme.land(content, ignore=["note"])
    assert (manifest.accepted, manifest.quarantined) == (1, 2)
    assert [(line, rule) for line, rule, *_ in acme.refused(manifest)] == [
        (2, "ragged:invalid_encoding"),
        (3, "unreadable:list_price"),
    ]
