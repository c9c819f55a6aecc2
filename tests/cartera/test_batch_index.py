"""The index says what the manifests say, whatever became of it or of them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cartera import batch_index, batches
from cartera.settings import Settings
from tests.cartera.manifests import manifest
from tests.noting import calls_of


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The manifests that were read; and nothing is too young to be trusted."""
    monkeypatch.setattr(batch_index, "RACY_NS", 0)
    return calls_of(monkeypatch, batches, "_read")


def land(settings: Settings, count: int = 3) -> list[batches.Manifest]:
    made = [
        manifest(
            partition=f"2026-0{1 + n % 2}-01", delivery=f"till/orders/{n}.csv", rejects={"x": n}
        )
        for n in range(count)
    ]
    for one in made:
        batches.commit(settings, one)
    return sorted(made, key=lambda m: m.order)


def index_files(settings: Settings) -> list[Path]:
    return sorted((settings.state / "index").rglob("*.json"))


def test_a_second_look_reads_no_manifest(settings: Settings, reads: list[Path]) -> None:
    made = land(settings)
    assert batches.scan(settings) == made
    assert len(reads) == 3
    assert batches.scan(settings) == batches.scan(settings, "orders") == made
    assert len(reads) == 3
    assert [p.name for p in index_files(settings)] == ["2026-01.json", "2026-02.json"]


def test_only_what_changed_is_read_again(settings: Settings, reads: list[Path]) -> None:
    made = land(settings)
    batches.scan(settings)
    changed = replace(made[1], state="discarded", reason="wrong")
    batches.commit(settings, changed)
    shutil.rmtree(made[0].folder(settings))
    new = manifest(partition="2026-01-01", delivery="till/orders/z.csv")
    batches.commit(settings, new)
    reads.clear()
    expected = sorted([changed, made[2], new], key=lambda m: m.order)
    assert batches.scan(settings) == expected
    assert len(reads) == 2
    assert batches.scan(settings) == expected
    assert len(reads) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"landed"', b'"hidden"')),
        lambda path: path.write_bytes(b"00000000 00000000\n[{}, []]"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["gone", "empty", "torn", "changed", "of another version", "a folder"],
)
def test_an_index_that_is_damaged_is_made_again(
    settings: Settings, reads: list[Path], damage: Callable[[Path], object]
) -> None:
    made = land(settings)
    batches.scan(settings)
    damage(index_files(settings)[0])
    assert batches.scan(settings) == made


def test_a_batch_that_is_committed_later_than_its_folder_is_found(
    settings: Settings, reads: list[Path]
) -> None:
    """The folder of its partition does not change when the manifest comes."""
    (made,) = land(settings, 1)
    late = replace(made, batch_id="late", delivery="till/orders/b.csv")
    late.folder(settings).mkdir(parents=True)
    assert batches.scan(settings) == [made]
    assert batches.scan(settings) == [made]
    batches.commit(settings, late)
    assert batches.scan(settings) == [made, late]


def test_what_changes_within_the_grain_of_the_clock_is_seen(settings: Settings) -> None:
    """With the times of the same instant, and the same size, as a test can be fast enough for."""
    (made,) = land(settings, 1)
    path = made.folder(settings) / batches.MANIFEST
    stat = path.stat()
    batches.scan(settings)
    text = path.read_text().replace('"till"', '"shop"')
    path.write_text(text)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (found,) = batches.scan(settings)
    assert found.system == "shop"


def test_a_manifest_that_was_put_back_with_its_old_time_is_read_again(
    settings: Settings, reads: list[Path]
) -> None:
    """Of the same size, in the same place: only the time that nobody can set tells."""
    (made,) = land(settings, 1)
    path = made.folder(settings) / batches.MANIFEST
    batches.scan(settings)
    stat = path.stat()
    text = path.read_text()
    path.write_text(text.replace('"till"', '"shop"'))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    now = path.stat()
    told = (now.st_ino, now.st_mtime_ns, now.st_size)
    assert told == (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    (found,) = batches.scan(settings)
    assert found.system == "shop"


def test_who_may_only_read_sees_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = land(settings)

    def refused(*arguments: object) -> None:
        raise PermissionError(13, "read only")

    monkeypatch.setattr(batch_index, "_store", refused)
    assert batches.scan(settings) == made
    assert not (settings.state / "index").exists()


def test_looks_at_once_while_batches_land_all_see_what_is_committed(settings: Settings) -> None:
    """Two sources grow, and readers that also write the index look on."""
    wrong: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            before = set(done)
            found = {m.batch_id for m in batches.scan(settings)}
            if not before <= found:
                wrong.append(f"{before - found} are missing")

    done: list[str] = []

    def write(source: str) -> None:
        for number in range(25):
            one = manifest(source=source, batch_id=f"{source}{number}", delivery=f"{number}")
            batches.commit(settings, one)
            done.append(one.batch_id)
            batches.scan(settings, source)

    readers = [threading.Thread(target=look) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(name,)) for name in ("orders", "products")]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert len(batches.scan(settings)) == 50
    assert not list((settings.state / "index").rglob("*.tmp"))
