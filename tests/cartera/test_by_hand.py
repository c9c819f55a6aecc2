"""What a data engineer mends by hand: held batches, refused records, what was not fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cartera import batches, records
from cartera.settings import Settings
from ingestion.contract import load_contracts
from ingestion.landing import ingest_contract
from tests.cartera.calling import TICKETS, Run, deliver


def test_a_held_batch_is_released_and_discarded_by_hand(run: Run, settings: Settings) -> None:
    contract = next(c for c in load_contracts(None, "till") if c.source == "products")
    for day in ("02", "03"):
        deliver(settings, f"2026-01-{day}.csv", TICKETS + "1;Yunque;;;;caro;2;31/12/2025;\n")
    assert len(ingest_contract(settings, contract).held) == 2
    first, second = json.loads(run("batch", "list", "--held", "--json").out)
    assert run("batch", "release", first["batch_id"]).code == 2
    assert run("batch", "release", first["batch_id"], "--reason", "one is dear").code == 0
    changed = run("batch", "discard", second["batch_id"][:8], "--reason", "wrong", "--json")
    assert json.loads(changed.out)["state"] == "discarded"
    assert json.loads(run("batch", "list", "--held", "--json").out) == []
    shown = json.loads(run("quarantine", "show", first["batch_id"], "--json").out)
    assert [row["rule"] for row in shown] == ["unreadable:unit_cost"]
    assert "caro" in run("quarantine", "show", first["batch_id"]).out


def test_refused_records_are_corrected_and_replayed_by_hand(
    run: Run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "1;Yunque;;;;caro;2;31/12/2025;\n2;Cuerda;;;;mucho;2;31/12/2025;\n"
    deliver(settings, "2026-01-02.csv", TICKETS + rows * 1)
    assert run("ingest", "till").code == 1
    (held,) = json.loads(run("batch", "list", "--held", "--json").out)
    batch = held["batch_id"]
    price = next(name for name in held["header"] if "cost" in name)
    assert run("quarantine", "replay").code == 2
    assert run("quarantine", "fix", batch).code == 2
    assert run("quarantine", "fix", batch, "2", "--set", "nothing").code == 2
    wrong = run("quarantine", "fix", batch, "2", "--set", f"{price}=caro", "--json")
    assert wrong.code == 1
    assert "line 2: still unreadable:unit_cost" in json.loads(wrong.out)["error"]
    ended = run("quarantine", "fix", batch[:8], "2", "--set", f"{price}=12,50")
    assert ended.code == 1, "one of two is still refused, and holds the batch"
    assert "1 records have landed" in ended.out
    path = tmp_path / "rows.csv"
    made = json.loads(run("quarantine", "export", batch, "--to", str(path), "--json").out)
    assert (made["records"], path.stat().st_mode & 0o777) == (1, 0o600)
    assert run("quarantine", "export", batch, "--to", str(path)).code == 2
    # Somebody who may write to that folder puts a link there as soon as the file is made.
    new, victim, append = tmp_path / "new.csv", tmp_path / "victim", records.access

    def linked(*told: Any, **values: Any) -> None:
        append(*told, **values)
        new.rename(tmp_path / "aside.csv")
        new.symlink_to(victim)

    with monkeypatch.context() as patch:
        patch.setattr(records, "access", linked)
        assert run("quarantine", "export", batch, "--to", str(new)).code == 0
    assert (tmp_path / "aside.csv").read_bytes() == path.read_bytes()
    assert not victim.exists()
    path.write_text(path.read_text().replace("mucho", "3,00"))
    (row,) = json.loads(run("quarantine", "fix", batch, "--from", str(path), "--json").out)
    assert (row["landed"], row["left"], row["state"]) == (1, 0, "landed")
    assert json.loads(run("quarantine", "replay", "--all", "--json").out) == []
    assert run("quarantine", "fix", batch, "--from", str(path)).code == 2
    shown = json.loads(run("batch", "show", batch, "--json").out)
    assert (shown["version"], shown["accepted"]) == (3, 2)


def connect(settings: Settings, folder: Path) -> None:
    path = settings.connections / "till.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"system: till\nkind: files\nwhere: {folder}\nsettle_seconds: 0\n"
        "fetch: [{files: '*.csv', to: products}]\n"
    )


def test_an_ingest_fetches_first_where_there_is_a_connection(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "2026-01-02.csv").write_text(TICKETS + "1;Yunque;;;;12,00;2;31/12/2025;\n")
    connect(settings, exports)
    assert json.loads(run("ingest", "till", "--no-fetch", "--json").out)[0]["batches"] == 0
    assert run("ingest").code == 0
    assert [manifest.delivery for manifest in batches.scan(settings)] == [
        "till/products/2026-01-02.csv"
    ]
    (row,) = json.loads(run("fetch", "--json").out)
    assert (row["files"], row["already"]) == (0, 1)
    assert "fetched" in run("fetch", "till").out


def test_what_cannot_be_fetched_keeps_nothing_back_that_is_here(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    connect(settings, tmp_path / "gone")
    deliver(settings)
    ended = run("ingest", "till")
    assert (ended.code, len(batches.scan(settings))) == (2, 1)
    assert "is no folder" in ended.err.replace("\n", " ")
    told = run("fetch", "--json")
    assert (told.code, json.loads(told.out)["kind"]) == (2, "UsageError")
