"""The drill: a home comes back from its backup, whoever worked in it and whatever was killed."""

from __future__ import annotations

import filecmp
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.disks import disk
from tests.faults.homes import BUILD, INGEST, Done, Home


def backed_up(home: Home, file: Path) -> Done:
    done = home.run(("backup", str(file)))
    assert done.code == 0, done.said
    return done


def restored(home: Home, file: Path, path: Path) -> Home:
    """The home that ``file`` comes back as, at ``path``."""
    back = Home(path, home.recording)
    done = back.run(("restore", str(file)))
    assert done.code == 0, done.said
    return back


def files_of(folder: Path) -> dict[str, Path]:
    found = (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    return {p.relative_to(folder).as_posix(): p for p in found}


def assert_same_files(found: Path, expected: Path) -> None:
    here, there = files_of(found), files_of(expected)
    assert here.keys() == there.keys()
    assert there, "nothing to compare"
    assert [name for name in there if not filecmp.cmp(here[name], there[name], False)] == []


def test_a_restored_home_has_the_same_publication_and_builds_the_same_ids(
    reference: Reference, tmp_path: Path
) -> None:
    home = reference.published
    file = tmp_path / "backup.tar"
    backed_up(home, file)
    assert file.stat().st_mode & 0o777 == 0o600
    back = restored(home, file, tmp_path / "elsewhere" / "home")
    assert back.current == home.current
    for folder in ("landing", "quarantine", "publications"):
        assert_same_files(back.path / folder, home.path / folder)
    folder = back.publications / str(back.current)
    modes = {p.name: p.stat().st_mode & 0o777 for p in (folder, *folder.iterdir())}
    assert modes == {folder.name: 0o550, "warehouse.duckdb": 0o440, "contacts.duckdb": 0o400}
    homes.assert_opens(back)
    done = back.run(BUILD)
    assert done.code == 0, done.said
    assert back.current != home.current
    # Rows of all tables, the ledger and the map of ids among them.
    homes.assert_same_rows(homes.rows_of(back.publications / "current"), reference.rows)
    homes.assert_whole(back)


def test_a_backup_while_a_build_publishes_has_what_is_current_and_no_more(
    reference: Reference, copy: Callable[[Home], Home], tmp_path: Path
) -> None:
    home = copy(reference.published)
    file = tmp_path / "backup.tar"
    with homes.stopped(home, BUILD, "publish.swapped"):
        current = home.current
        backed_up(home, file)
    assert current != reference.published.current
    back = restored(home, file, tmp_path / "back")
    assert back.current == current
    assert back.candidates == []
    homes.assert_opens(back)
    homes.assert_same_rows(homes.rows_of(back.publications / "current"), reference.rows)
    assert not homes.unfinished(back)


def test_a_backup_while_files_land_has_each_batch_or_its_file(
    reference: Reference, copy: Callable[[Home], Home], tmp_path: Path
) -> None:
    home = copy(reference.waiting)
    file = tmp_path / "backup.tar"
    with homes.stopped(home, INGEST, "landing.before_manifest"):
        half = next(home.path.glob("landing/*/*/*"))
        assert [p.name for p in half.iterdir()] == ["data.parquet"]
        backed_up(home, file)
    back = restored(home, file, tmp_path / "back")
    assert back.manifests() == []
    assert not list(back.path.glob("landing/*/*/*"))
    # So it is as it was before the ingest, and the next one has all of it to do.
    assert_same_files(back.path / "inbox", reference.waiting.path / "inbox")


def test_a_killed_backup_leaves_no_file_and_a_killed_restore_no_home(
    reference: Reference, tmp_path: Path
) -> None:
    home, back = reference.landed, Home(tmp_path / "back", reference.landed.recording)
    file = tmp_path / "to" / "backup.tar"
    home.kill_at(("backup", str(file)), "backup.written")
    assert not file.exists()
    backed_up(home, file)
    back.kill_at(("restore", str(file)), "restore.unpacked")
    assert not back.path.exists()
    (left,) = tmp_path.glob(".back.restoring-*")
    restored(home, file, back.path)
    assert not left.exists()
    homes.assert_balanced(back, reference.counted)
    # What has landed is not taken twice. A file that changed within two seconds of being looked at
    # is in doubt, and taken along.
    landed = {m["delivery"] for m in back.manifests() if m["file"]}
    assert landed
    assert not landed & files_of(back.path / "inbox").keys()
    again = back.run(("restore", str(file)))
    assert again.code == 2
    assert "is not empty" in again.error


def test_a_home_that_is_a_mounted_disk_is_filled_or_left_empty(
    reference: Reference, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    backed_up(reference.published, file)
    with disk(tmp_path / "disk", 128 << 20) as small:
        home = Home(small.outside, reference.published.recording)

        def restore(**more: str) -> Done:
            inside = {"CARTERA_HOME": str(small.inside), **more}
            return home.run(("restore", str(file)), prefix=small.prefix, settings=inside)

        small.leave(1 << 20)
        full = restore()
        assert full.code == 3
        assert "✗ The disk is full: the restore was stopped" in full.error
        assert list(small.outside.iterdir()) == []
        small.leave(64 << 20)
        # Killed between two moves, what would say that something is published is not there.
        assert restore(CARTERA_FAULT="restore.moved").code == homes.KILLED
        assert home.current is None
        subprocess.run(["find", str(small.outside), "-mindepth", "1", "-delete"], check=True)
        done = restore()
        assert done.code == 0, done.said
        assert home.current == reference.published.current
        assert sorted(p.name for p in small.outside.iterdir() if p.name.startswith(".")) == []
