"""What a backup holds and leaves out, and what a restore refuses; the drill is in tests/faults."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from cartera import backups, publications
from cartera.backups import backup, restore
from cartera.errors import CarteraError, UsageError
from cartera.keys import hash_key
from cartera.publications import Publication
from cartera.settings import Settings
from tests.cartera.calling import Run, deliver
from tests.cartera.test_publications import candidate, name, publish


def put(settings: Settings, path: str, text: str = "x") -> None:
    (settings.home / path).parent.mkdir(parents=True, exist_ok=True)
    (settings.home / path).write_text(text)


def names(path: str) -> set[str]:
    with tarfile.open(path) as tar:
        return set(tar.getnames())


def test_what_people_wrote_and_what_cannot_be_made_again_is_taken(
    settings: Settings, tmp_path: Path
) -> None:
    taken = {
        "state/access.jsonl",
        "state/tombstones.jsonl",
        "state/identity/model.json",
        "state/gates/a.json",
        "contracts/till/products.yml",
        "connections/till.yml",
        "audiences/mine.yml",
        "stewards/must_link.csv",
        "inbox/till/products/new.csv",
    }
    left = {
        "state/tmp/spill/x",
        "state/locks/build",
        "state/index/orders/2026-01.json",
        "state/logs/run.log",
        "state/airflow/airflow.db",
        "state/identity/base-1.duckdb",
        "exports/champions/list.csv",
        "landing/orders/partition=2026-01-01/batch=1/data.parquet",
        "quarantine/orders/partition=2026-01-01/batch=1/rows.parquet",
        "notes.txt",
    }
    for path in taken | left:
        put(settings, path)
    (settings.home / "contracts" / "link.yml").symlink_to("/etc/hostname")
    assert names(backup(settings, tmp_path / "b.tar").file) == taken | {"manifest.json"}


def test_the_file_gets_its_name_from_the_moment_where_a_folder_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "contracts/x.yml")
    monkeypatch.setenv("CARTERA_NOW", "2026-11-01T04:05:06")
    report = backup(settings, tmp_path)
    assert report.file == str(tmp_path / "cartera-20261101T040506Z.tar")
    with pytest.raises(UsageError, match="is there already"):
        backup(settings, tmp_path)


def test_older_publications_go_along_where_asked_for(settings: Settings, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        publish(settings, number)
    publications.rollback(settings, name(2), "why")
    assert backup(settings, tmp_path / "a.tar").publications == [name(2)]
    report = backup(settings, tmp_path / "b.tar", older=1)
    assert (report.current, report.publications) == (name(2), [name(3), name(2)])
    back = Settings(home=tmp_path / "back", hash_key=settings.hash_key)
    restore(back, tmp_path / "b.tar")
    there = [(p.publication_id, p.is_current) for p in publications.listed(back)]
    assert there == [(name(3), False), (name(2), True)]


def test_a_publication_that_is_pruned_meanwhile_is_in_the_backup(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, 1)
    entries = backups._entries

    def publishes(settings: Settings, pinned: list[Publication], tell: object) -> object:
        publish(settings, 2)
        assert publications.prune(settings, keep=1) == [name(1)]
        return entries(settings, pinned, tell)

    monkeypatch.setattr(backups, "_entries", publishes)
    assert backup(settings, tmp_path / "b.tar").current == name(1)
    back = Settings(home=tmp_path / "back", hash_key=settings.hash_key)
    restore(back, tmp_path / "b.tar")
    (publication,) = publications.listed(back)
    assert publications.facts(publication)["publication_id"] == name(1)


def test_the_key_comes_along_or_its_absence_is_told(settings: Settings, tmp_path: Path) -> None:
    own = Settings(home=tmp_path / "own", hash_key="")
    put(own, "contracts/x.yml")
    assert backup(own, tmp_path / "own.tar").warnings == []
    back = Settings(home=tmp_path / "back", hash_key="")
    assert restore(back, tmp_path / "own.tar").warnings == []
    assert hash_key(back) == hash_key(own)
    put(settings, "contracts/x.yml")
    assert "keep it in another safe place" in backup(settings, tmp_path / "given.tar").warnings[0]
    for key, warned in ((settings.hash_key, ""), ("another", "is not the key"), ("", "set it")):
        there = Settings(home=tmp_path / f"with {key}", hash_key=key)
        told = restore(there, tmp_path / "given.tar", check=True).warnings
        assert warned in " ".join(told)
        assert len(told) == bool(warned)


def test_a_home_with_anything_in_it_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    put(settings, "contracts/x.yml")
    backup(settings, tmp_path / "b.tar")
    back = Settings(home=tmp_path / "back", hash_key="k")
    put(back, "mine")
    with pytest.raises(UsageError, match="is not empty"):
        restore(back, tmp_path / "b.tar")
    assert [p.name for p in back.home.iterdir()] == ["mine"]
    link = Settings(home=tmp_path / "link", hash_key="k")
    link.home.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is no folder"):
        restore(link, tmp_path / "b.tar")


def test_an_archive_that_points_to_what_is_not_in_it_restores_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    candidate(settings, 1)
    put(settings, "contracts/x.yml")
    backup(settings, tmp_path / "b.tar")
    path = tmp_path / "hostile.tar"
    with tarfile.open(tmp_path / "b.tar") as old, tarfile.open(path, "w") as new:
        for member in old:
            content = old.extractfile(member)
            assert content
            if member.name == "manifest.json":
                told = json.load(content) | {"publications": ["../../.."], "current": "../../.."}
                (tmp_path / "m").write_text(json.dumps(told))
                new.add(tmp_path / "m", "manifest.json")
            else:
                new.addfile(member, content)
    back = Settings(home=tmp_path / "back", hash_key="k")
    with pytest.raises(CarteraError, match="not those that its manifest names"):
        restore(back, path)
    assert not back.home.exists()
    assert list(tmp_path.glob(".back*")) == []


def test_what_a_restore_that_was_killed_left_goes_whatever_the_home_is_called(
    settings: Settings, tmp_path: Path
) -> None:
    put(settings, "contracts/x.yml")
    backup(settings, tmp_path / "b.tar")
    left, others = tmp_path / ".back [1].restoring-1", tmp_path / ".back 1.restoring-1"
    for folder in (left, others):
        folder.mkdir()
    restore(Settings(home=tmp_path / "back [1]", hash_key="k"), tmp_path / "b.tar")
    assert (left.exists(), others.exists()) == (False, True)


def test_the_commands_tell_what_went_where(run: Run, settings: Settings, tmp_path: Path) -> None:
    deliver(settings)
    file = str(tmp_path / "b.tar")
    told = json.loads(run("backup", file, "--json").out)
    assert (told["files"]["inbox"], told["current"]) == (1, None)
    assert told["bytes"] == Path(file).stat().st_size
    checked = run("restore", file, "--check")
    assert (checked.code, "is whole" in checked.out) == (0, True)
    elsewhere = str(tmp_path / "back")
    told = json.loads(run("restore", file, "--home", elsewhere, "--json").out)
    assert told["home"] == elsewhere
    assert (tmp_path / "back" / "inbox" / "till" / "products" / "2026-01-02.csv").exists()
    assert run("backup", file).code == 2
    assert run("backup", file, "--home", str(tmp_path / "none")).code == 2
