"""Killed at any moment, wherever that falls: the runs after it make good, to the row.

``make soak`` strikes with more than kills and in more steps; here what comes of ten kills in a row
is compared with a run that nobody disturbed.

The moments are drawn from a seed. Where one falls in the work differs from machine to machine;
what has to hold after it does not.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import BUILD, INGEST, PULL, Home, Rows

SEED = 20261101


def killed_in(home: Home, seconds: float) -> bool:
    """Run ingest, build and pull, and kill what runs after ``seconds``; False if nothing did."""
    deadline = time.monotonic() + seconds
    for command in (INGEST, BUILD, PULL):
        process = home.start(command, replay=())
        try:
            said = process.communicate(timeout=max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            homes.assert_nobody_works_in(home)
            return True
        assert process.returncode == 0, said
    return False


def assert_sound(home: Home, was_current: str | None) -> None:
    """What readers see is a whole publication: the last one, or one that a kill let through."""
    if home.current:
        homes.assert_opens(home)
    assert home.current is not None or was_current is None
    for manifest in home.manifests():
        assert manifest["received"] == manifest["accepted"] + manifest["quarantined"]


def assert_recovers(home: Home, reference: Reference) -> None:
    """The next run ends well, and nothing is lost, doubled or left lying about."""
    for command in (INGEST, BUILD, PULL):
        done = home.run(command, replay=())
        assert done.code == 0, done.said
    homes.assert_whole(home)
    homes.assert_nobody_works_in(home)
    homes.assert_opens(home)
    # Pulls are a source of their own; what they name, and how many of them were ingested before
    # the last build, differs with the kills.
    own = {m["delivery"] for m in home.manifests()} - reference.counted.keys()
    assert all(name.startswith("cartera/audience_pulls/") for name in own)
    manifests = [m for m in home.manifests() if m["delivery"] not in own]
    assert {m["delivery"]: m["received"] for m in manifests} == reference.counted
    assert len(manifests) == len(reference.counted)
    found = homes.rows_of(home.publications / "current")
    pulls = "warehouse.core.fct_audience_pulls"
    assert set(reference.rows[pulls]) <= set(found[pulls])
    homes.assert_same_rows(without_pulls(found), without_pulls(reference.rows))


def without_pulls(rows: Rows) -> Rows:
    """All tables but that of pulls, and all counts but theirs."""
    rest = {
        name: rows for name, rows in rows.items() if name != "warehouse.core.fct_audience_pulls"
    }
    counts = "warehouse.core.fact_counts"
    rest[counts] = [row for row in rest[counts] if "audience_pulls" not in row]
    return rest


def kill_at_random(home: Home, reference: Reference, times: int, seed: int, length: float) -> None:
    """Kill ``times`` runs in a row, at moments spread over ``length`` seconds."""
    moments = random.Random(seed)
    # One moment in each part of the run, so that few of them still meet every step.
    shares = [(number + moments.random()) / times for number in range(times)]
    moments.shuffle(shares)
    for share in shares:
        before = home.current
        seconds = share * length
        # Where a run is over by then, the next one meets an earlier moment.
        while not killed_in(home, seconds):
            before = home.current
            seconds /= 2
        assert_sound(home, before)
    assert_recovers(home, reference)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(SEED, SEED + 6))
def test_sixty_random_kills_lose_nothing(
    seed: int, reference: Reference, copy: Callable[[Home], Home], tmp_path: Path
) -> None:
    """Ten in each of six homes, with dbt and Great Expectations running."""
    trial = homes.copied(reference.waiting, tmp_path / "trial")
    started = time.monotonic()
    assert not killed_in(trial, homes.PATIENCE)
    length = time.monotonic() - started
    kill_at_random(copy(reference.waiting), reference, 10, seed, length)
