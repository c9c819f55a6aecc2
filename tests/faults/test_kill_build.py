"""A build that is killed with SIGKILL leaves ``current`` as it was, and the next one completes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import psutil
import pytest

from cartera import faults
from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import ALL_PARTS, BUILD, Home

BUILD_POINTS = [n for n in faults.POINTS if n.startswith(("build.", "publish."))]
# From here on the link has been swapped.
PUBLISHED = ("publish.swapped", "build.published")


def assert_finishes(home: Home, reference: Reference, **options: object) -> None:
    """The next run publishes, and what it publishes is what a run without kills does."""
    before = home.current
    done = home.run(BUILD, **options)
    assert done.code == 0, done.said
    assert home.current not in (None, before)
    homes.assert_opens(home)
    homes.assert_same_rows(homes.rows_of(home.publications / "current"), reference.rows)
    homes.assert_whole(home)
    homes.assert_nobody_works_in(home)


def kill_at_each(home: Home, points: Sequence[str] = BUILD_POINTS, **options: object) -> None:
    """Kill a build at each point in turn, looking at ``current`` after each."""
    for point in points:
        before = home.current
        home.kill_at(BUILD, point, **options)
        if point in PUBLISHED:
            assert home.current not in (None, before), point
        else:
            assert home.current == before, point
        if home.current:
            homes.assert_opens(home)
            rows = homes.rows_of(home.publications / "current")
            assert rows["warehouse.core.fct_orders"]


def test_a_build_killed_at_each_point_leaves_the_last_good_publication(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """A run that gets as far as the next point has recovered from the kill before; the last
    run is not killed, and its rows are compared. dbt and Great Expectations are recorded here:
    in them there is no named point.
    """
    home = copy(reference.published)
    kill_at_each(home)
    assert_finishes(home, reference)


def test_a_first_build_that_is_killed_publishes_nothing(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Where there is no publication yet, there is none until the link is there."""
    home = copy(reference.landed)
    kill_at_each(home, ("build.staged", "build.audited", "publish.renamed"))
    assert_finishes(home, reference)


@pytest.mark.nightly
def test_a_build_killed_at_each_point_with_dbt_and_gate_running(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """What completes after that is a second build of the same inputs, with nothing recorded: it
    gives the same rows.
    """
    home = copy(reference.published)
    kill_at_each(home, replay=())
    assert_finishes(home, reference, replay=())


def kill_when_a_child_works(home: Home, part: str, child: str) -> None:
    """Kill a build while its child process ``child`` does ``part`` of the work."""
    process = home.start(BUILD, replay=[p for p in ALL_PARTS if p != part])
    try:
        wait_for_child(process, child)
    finally:
        process.kill()
        process.communicate()
    homes.assert_nobody_works_in(home)


def wait_for_child(process: homes.Process, module: str) -> None:
    """Wait until a child runs ``module`` and has been busy for a second of CPU."""
    deadline = time.monotonic() + homes.PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        for found in psutil.Process(process.pid).children():
            try:
                if module in found.cmdline() and found.cpu_times().user > 1:
                    return
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.02)
    raise AssertionError(f"{module} never ran")


def test_dbt_and_the_gate_die_with_a_killed_build(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Killed inside either dbt run and inside the gate, all three real."""
    home = copy(reference.published)
    good = home.current
    for part, child in [
        ("staging", "cartera.dbt_process"),
        ("core", "cartera.dbt_process"),
        ("gate", "expectations.gate"),
    ]:
        kill_when_a_child_works(home, part, child)
        assert home.current == good
        homes.assert_opens(home)
        assert len(home.candidates) == 1
    assert_finishes(home, reference)
