"""Parquet of a publication: every table, described by a manifest, contact data apart."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import publications
from cartera.arrows import export_parquet
from cartera.arrows.copying import copy_published
from cartera.errors import CarteraError, UsageError
from cartera.forms import parquet
from cartera.publications import Publication
from cartera.settings import Settings
from tests.cartera.calling import Run
from tests.cartera.test_publications import name
from tests.forms.conftest import ROWS

Publish = Callable[[int], Publication]
TABLES = {"core.fct_orders", 'core.odd "one', "marts.kpi_values", "marts.empty"} | {
    "meta.publication",
    "ops.batches",
}


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text()))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_table_is_a_file_and_the_manifest_says_what_is_in_it(
    settings: Settings, publish: Publish, tmp_path: Path
) -> None:
    publication = publish(1)
    folder = Path(export_parquet(settings, tmp_path / "out").folder)
    told = manifest(folder)
    assert told["publication_id"] == publication.publication_id == folder.name
    assert (told["as_of"], told["schema_version"]) == ("2026-01-01", 1)
    assert {f"{f['schema']}.{f['table']}" for f in told["files"]} == TABLES
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet")}
    assert {file["path"] for file in told["files"]} == there
    with duckdb.connect(str(publication.warehouse), read_only=True) as duck:
        for file in told["files"]:
            path = folder / file["path"]
            content = path.read_bytes()
            assert (file["bytes"], file["sha256"]) == (
                len(content),
                hashlib.sha256(content).hexdigest(),
            )
            quoted = ".".join('"' + file[p].replace('"', '""') + '"' for p in ("schema", "table"))
            expected = duck.execute(f"from {quoted}")
            names = [(c[0], str(c[1])) for c in expected.description]
            assert [(c["name"], c["type"]) for c in file["columns"]] == names
            rows = expected.fetchall()
            assert file["rows"] == len(rows)
            found = duck.execute("from read_parquet($1)", [str(path)])
            assert [(c[0], str(c[1])) for c in found.description] == names
            assert repr(found.fetchall()) == repr(rows)
            assert mode(path) == 0o440
    assert os.readlink(tmp_path / "out" / "current") == folder.name


def test_contact_data_comes_only_when_asked_for_and_for_its_owner_alone(
    settings: Settings, publish: Publish, tmp_path: Path
) -> None:
    publish(1)
    folder = Path(export_parquet(settings, tmp_path / "a").folder)
    assert not (folder / "contacts").exists()
    assert not any(b"example.com" in p.read_bytes() for p in folder.rglob("*") if p.is_file())
    report = export_parquet(settings, tmp_path / "b", contacts=True)
    private = Path(report.folder) / "contacts"
    assert {f"{f['schema']}.{f['table']}" for f in manifest(private)["files"]} == {
        "contacts.golden_records",
        "contacts.identity_map",
        "meta.publication",
    }
    assert all(f["schema"] != "contacts" for f in manifest(private.parent)["files"])
    modes = {mode(path) for path in (private, *private.rglob("*"))}
    assert modes == {0o700, 0o400}


def test_what_fails_leaves_nothing_and_what_was_killed_is_cleared(
    settings: Settings, publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(1)
    out = tmp_path / "out"
    (out / ".cartera-killed" / "core").mkdir(parents=True)

    def full(path: Path) -> str:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(parquet, "checksum", full)
        with pytest.raises(CarteraError, match="The disk is full"):
            export_parquet(settings, out)
        assert list(out.iterdir()) == []
        (line,) = copy_published(
            settings.model_copy(update={"parquet_folder": str(out)}),
            publications.listed(settings)[0],
            lambda line: None,
        )
        assert line.startswith("parquet: The disk is full")
    export_parquet(settings, out)
    with pytest.raises(UsageError, match="is there already"):
        export_parquet(settings, out)
    assert sorted(p.name for p in out.iterdir()) == [name(1), "current"]


def test_after_a_build_the_copies_are_those_of_the_publications_that_are_kept(
    settings: Settings, publish: Publish, tmp_path: Path
) -> None:
    asked = settings.model_copy(update={"parquet_folder": str(tmp_path / "out")})
    (tmp_path / "out" / "mine").mkdir(parents=True)
    for number in (1, 2, 3):
        publication = publish(number)
        publications.prune(settings, keep=2)
        assert copy_published(asked, publication, lambda line: None) == []
    there = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert there == [name(2), name(3), "current", "mine"]
    assert os.readlink(tmp_path / "out" / "current") == name(3)


def test_the_command_writes_the_publication_that_is_named(
    settings: Settings, publish: Publish, run: Run, tmp_path: Path
) -> None:
    publish(1)
    publish(2)
    ended = run("export", "parquet", str(tmp_path / "out"), "--publication", name(1), "--json")
    told = json.loads(ended.out)
    assert (told["publication_id"], told["rows"]["core.fct_orders"]) == (name(1), ROWS)
    assert run("export", "parquet", str(tmp_path / "out"), "--publication", "x").code == 2
