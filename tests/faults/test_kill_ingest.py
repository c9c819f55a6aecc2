"""An ingest that is killed with SIGKILL loses nothing, doubles nothing and leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from cartera import faults
from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import INGEST, Home

LANDING_POINTS = [name for name in faults.POINTS if name.startswith("landing.")]


def account(home: Home) -> list[dict[str, Any]]:
    """The manifests, but for the time of landing and those of the file, which a copy changes."""
    own = ("landed_at", "file")
    return [{k: v for k, v in m.items() if k not in own} for m in home.manifests()]


def landed_rows(home: Home) -> dict[str, list[dict[str, Any]]]:
    """The rows of every landed and refused file, in their order."""
    return {
        path.relative_to(home.path).as_posix(): pq.read_table(path).to_pylist()
        for root in ("landing", "quarantine")
        for path in home.path.glob(f"{root}/*/*/*/*.parquet")
    }


def test_an_ingest_killed_at_each_point_goes_on_where_it_was(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Each point is met in a run of its own, one delivery further than the run before; so each
    of them is also the next run of the one that was killed before it. The last is not killed.
    """
    home = copy(reference.waiting)
    for number, point in enumerate(LANDING_POINTS, start=2):
        before = len(home.manifests())
        home.kill_at(INGEST, f"{point}:{number}")
        # The n-th delivery is committed when the kill comes after its manifest alone.
        committed = number if point == "landing.after_manifest" else number - 1
        assert len(home.manifests()) == before + committed
        assert len(list(home.path.glob("landing/*/*/*"))) <= before + number
    done = home.run(INGEST)
    assert done.code == 0, done.said
    homes.assert_balanced(home, reference.counted)
    homes.assert_whole(home)
    assert account(home) == account(reference.landed)
    assert landed_rows(home) == landed_rows(reference.landed)


@pytest.mark.parametrize("point", ["landing.parsed", "landing.before_manifest"])
def test_a_delivery_with_refused_rows_is_landed_once_after_a_kill(
    point: str, reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Its quarantine is written before its data; a kill leaves neither without the manifest."""
    home = copy(reference.waiting)
    delivery = next(m for m in reference.landed.manifests() if m["quarantined"])
    first = ("ingest", delivery["system"])
    home.kill_at(first, point)
    done = home.run(first)
    assert done.code == 0, done.said
    homes.assert_whole(home)
    expected = [m for m in account(reference.landed) if m["system"] == delivery["system"]]
    assert account(home) == expected
    assert len(landed_rows(home)) == len(
        [n for n in landed_rows(reference.landed) if any(m["batch_id"] in n for m in expected)]
    )


def test_the_reader_of_the_inbox_is_independent_and_finds_what_is_there(
    reference: Reference,
) -> None:
    """The oracle reads every kind of file, so that a count of zero cannot pass for agreement."""
    for ending in (".csv", ".jsonl", ".jsonl.gz", ".parquet"):
        assert any(name.endswith(ending) for name in reference.counted), ending
    assert min(reference.counted.values()) > 0
    assert sum(m["quarantined"] for m in reference.landed.manifests()) > 0
    homes.assert_balanced(reference.landed, reference.counted)
