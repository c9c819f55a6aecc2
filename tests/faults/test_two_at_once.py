"""Two of the same at once: one of them waits, or says who holds the lock and ends with 4."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psutil
import pytest

from cartera.keys import hash_key
from cartera.settings import load_settings
from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import BUILD, INGEST, PULL, Home

FIRST_USERS = 3
ATTEMPTS = 50


def go_on(process: homes.Process) -> homes.Done:
    os.kill(process.pid, signal.SIGCONT)
    return homes.ended(process)


def test_a_second_build_ends_with_4_or_waits(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    home = copy(reference.landed)
    with homes.stopped(home, BUILD, "build.candidate") as first:
        second = home.run(BUILD)
        assert second.code == 4, second.said
        assert f"process {first.pid}" in second.error
        assert home.current is None
        assert len(home.candidates) == 1
        waiting = home.start((*BUILD, "--wait", "200"))
        wait_until_asleep_at_the_lock(home, waiting)
        done = go_on(first)
        assert done.code == 0, done.said
        ended = homes.ended(waiting)
        assert ended.code == 0, ended.said
    published = [p.name for p in home.publications.iterdir() if not p.is_symlink()]
    assert len(published) == 2
    assert home.current == max(published)
    homes.assert_opens(home)
    homes.assert_same_rows(homes.rows_of(home.publications / "current"), reference.rows)
    homes.assert_whole(home)


def wait_until_asleep_at_the_lock(home: Home, process: homes.Process) -> None:
    """Until ``process`` has the lock's file open and, as it is not the first to, waits."""
    lock = str(home.path / "state" / "locks" / "build")
    deadline = time.monotonic() + homes.PATIENCE
    while lock not in [file.path for file in psutil.Process(process.pid).open_files()]:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_build_that_is_killed_leaves_no_stale_lock(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    home = copy(reference.landed)
    with homes.stopped(home, BUILD, "build.staged") as first:
        waiting = home.start((*BUILD, "--wait", "200"))
        wait_until_asleep_at_the_lock(home, waiting)
        first.kill()
        first.communicate()
        ended = homes.ended(waiting)
    assert ended.code == 0, ended.said
    homes.assert_whole(home)
    homes.assert_opens(home)


@pytest.mark.parametrize(
    ("command", "at"), [(INGEST, "landing.parsed"), (PULL, "pull.before_record")]
)
def test_a_second_ingest_or_pull_ends_with_4_and_the_first_completes(
    command: tuple[str, ...], at: str, reference: Reference, copy: Callable[[Home], Home]
) -> None:
    home = copy(reference.published if command == PULL else reference.waiting)
    with homes.stopped(home, command, at) as first:
        second = home.run(command)
        assert second.code == 4, second.said
        assert f"process {first.pid}" in second.error
        # It stops at every delivery that reaches the point.
        while first.poll() is None:
            # Between the two lines it may end.
            with contextlib.suppress(ProcessLookupError):
                os.kill(first.pid, signal.SIGCONT)
            time.sleep(0.002)
        done = homes.ended(first)
    assert done.code == 0, done.said
    homes.assert_whole(home)
    if command == INGEST:
        homes.assert_balanced(home, reference.counted)


def test_a_build_whose_base_moved_ends_with_4(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Somebody who does not take the lock moves the link while a build runs."""
    home = copy(reference.published)
    assert home.run(BUILD).code == 0
    older, newer = reference.published.current, home.current
    assert older
    with homes.stopped(home, BUILD, "build.audited") as build:
        aside = home.publications / "aside"
        aside.symlink_to(older)
        aside.replace(home.publications / "current")
        done = go_on(build)
    assert done.code == 4, done.said
    assert str(newer) in done.error
    assert older in done.error
    assert home.current == older
    assert home.candidates == []
    homes.assert_opens(home)


def _first_use(root: str, barrier: Barrier) -> None:
    for attempt in range(ATTEMPTS):
        settings = load_settings(home=f"{root}/{attempt}", hash_key="")
        barrier.wait()
        key = hash_key(settings)
        (settings.home / f"seen-{os.getpid()}").write_bytes(key)


def test_first_users_at_once_get_one_hash_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(FIRST_USERS)
    users = [
        context.Process(target=_first_use, args=(str(tmp_path), barrier))
        for _ in range(FIRST_USERS)
    ]
    for user in users:
        user.start()
    for user in users:
        user.join(60)
        assert user.exitcode == 0
    for home in (tmp_path / str(attempt) for attempt in range(ATTEMPTS)):
        seen = [path.read_bytes() for path in home.glob("seen-*")]
        assert len(seen) == FIRST_USERS
        assert set(seen) == {(home / "state" / "hash.key").read_bytes().strip()}
        assert len(seen[0]) == 64
        assert (home / "state" / "hash.key").stat().st_mode & 0o777 == 0o600
        assert [path.name for path in (home / "state").iterdir()] == ["hash.key"]
