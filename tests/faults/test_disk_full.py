"""A disk that fills up: a clear error, nothing half-written, and the next run with room completes.

How much room there is varies from none to enough, so that it ends at every step in turn.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.disks import Disk, disk
from tests.faults.homes import BUILD, INGEST, PULL, Done, Home

ROOM = 128 << 20
KIB = 1 << 10


@dataclass(frozen=True)
class FullHome:
    """A home on a small disk: worked in from the inside, looked at from the outside."""

    disk: Disk
    home: Home
    elsewhere: Path

    def run(self, command: tuple[str, ...], **options: Any) -> Done:
        settings = {"CARTERA_HOME": str(self.disk.inside / "home")}
        return self.home.run(command, prefix=self.disk.prefix, settings=settings, **options)

    def current(self) -> Home:
        """A copy of the home where DuckDB finds it, having seen that ``current`` opens."""
        shutil.rmtree(self.elsewhere, ignore_errors=True)
        copy = homes.copied(self.home, self.elsewhere)
        homes.assert_opens(copy)
        return copy


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[Callable[[Home], FullHome]]:
    """Copies a home to a small disk."""
    with disk(tmp_path / "disk", ROOM) as small:
        yield lambda home: FullHome(
            small, homes.copied(home, small.outside / "home"), tmp_path / "elsewhere"
        )


def assert_says_full(done: Done) -> None:
    """One paragraph that says what happened and what to do."""
    assert done.code == 3, (done.code, done.said)
    assert done.error.startswith("✗ The disk is full: "), done.said
    assert done.error.count("✗") == done.error.count("→") == 1, done.said
    assert "Traceback" not in done.said


def assert_nothing_half_landed(home: Home) -> None:
    for root in ("landing", "quarantine"):
        for folder in home.path.glob(f"{root}/*/*/*"):
            place = folder.relative_to(home.path / root)
            assert (home.path / "landing" / place / "manifest.json").exists(), folder
    assert not list(home.path.glob("landing/*/*/*/*.parsed"))


def test_landing_on_a_full_disk_takes_up_where_it_stopped(
    reference: Reference, on_small_disk: Callable[[Home], FullHome]
) -> None:
    full = on_small_disk(reference.waiting)
    landed = []
    for free in (0, 16 * KIB, 128 * KIB, 192 * KIB, 256 * KIB):
        full.disk.leave(free)
        assert_says_full(full.run(INGEST))
        assert_nothing_half_landed(full.home)
        landed.append(len(full.home.manifests()))
    assert landed == sorted(landed)
    assert 0 < landed[-1] < len(reference.counted)
    full.disk.leave(ROOM)
    done = full.run(INGEST)
    assert done.code == 0, done.said
    homes.assert_balanced(full.home, reference.counted)
    homes.assert_whole(full.home)


@pytest.mark.parametrize("start", [pytest.param("landed", marks=pytest.mark.nightly), "published"])
def test_a_build_on_a_full_disk_leaves_no_candidate(
    start: str, reference: Reference, on_small_disk: Callable[[Home], FullHome]
) -> None:
    """From no room at all, a little more each time until a build fits. dbt is recorded."""
    full = on_small_disk(getattr(reference, start))
    before = full.home.current
    free = 0
    refusals = 0
    while True:
        full.disk.leave(free)
        done = full.run(BUILD)
        if done.code == 0:
            break
        assert_says_full(done)
        refusals += 1
        free += 20 << 20 if refusals > 1 else 256 * KIB
        assert not full.home.candidates
        assert full.home.current == before
        if before:
            full.current()
    assert refusals >= 3
    assert full.home.current != before
    found = homes.rows_of(full.current().publications / "current")
    homes.assert_same_rows(found, reference.rows)
    homes.assert_whole(full.home)


@pytest.mark.nightly
def test_dbt_on_a_full_disk_says_so(
    reference: Reference, on_small_disk: Callable[[Home], FullHome]
) -> None:
    """dbt itself runs out of room, in its own process."""
    full = on_small_disk(reference.landed)
    full.disk.leave(3 << 20)
    assert_says_full(full.run(BUILD, replay=("core", "gate")))
    assert not full.home.candidates
    assert full.home.current is None
    full.disk.leave(ROOM)
    done = full.run(BUILD)
    assert done.code == 0, done.said
    full.current()
    homes.assert_whole(full.home)


def test_the_gate_on_a_full_disk_says_so(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Great Expectations has no room for its result: nothing is published unaudited."""
    home = copy(reference.published)
    before = home.current
    page = 4 * KIB
    with disk(home.path / "state" / "gates", page) as small:
        (small.outside / "ballast").write_bytes(b"x" * page)
        done = home.run(BUILD, replay=("staging", "core"), prefix=small.prefix)
        assert_says_full(done)
    assert home.current == before
    assert not home.candidates
    homes.assert_opens(home)


def test_a_pull_on_a_full_disk_leaves_no_list_without_its_record(
    reference: Reference, on_small_disk: Callable[[Home], FullHome]
) -> None:
    full = on_small_disk(reference.published)
    full.disk.leave(0)
    assert_says_full(full.run(PULL))
    assert not list(full.home.path.glob("exports/*/*"))
    assert {m["delivery"] for m in full.home.manifests()} == reference.counted.keys()
    full.disk.leave(ROOM)
    assert full.run(PULL).code == 0
    assert len(list(full.home.path.glob("exports/*/*.csv"))) == 1
    homes.assert_whole(full.home)
