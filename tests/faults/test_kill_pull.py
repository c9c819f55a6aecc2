"""A pull that is killed is, run again, the same pull: one list, one record, nothing beside them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from cartera import faults
from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import INGEST, PULL, Home

PULL_POINTS = [name for name in faults.POINTS if name.startswith("pull.")]


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def members(path: Path) -> list[dict[str, str]]:
    """A list's or a record's rows, but for who pulled and when."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k not in ("pulled_at", "pulled_by")} for row in rows]


def test_every_point_is_met_by_a_test() -> None:
    """The suite kills at the points of these rooms; there are no others."""
    rooms = {name.split(".")[0] for name in faults.POINTS}
    worked = {"landing", "replay", "build", "publish", "pull", "send", "fetch"}
    assert rooms == worked | {"backup", "restore", "postgres", "erase"}


@pytest.mark.parametrize("point", PULL_POINTS)
def test_a_killed_pull_run_again_is_the_same_pull(
    point: str, reference: Reference, tmp_path: Path
) -> None:
    undisturbed = homes.copied(reference.published, tmp_path / "undisturbed")
    home = homes.copied(reference.published, tmp_path / "killed")
    assert undisturbed.run(PULL).code == 0
    home.kill_at(PULL, point)
    assert home.current == reference.published.current
    homes.assert_opens(home)
    # A list is delivered under its name once its record is there, not before.
    assert not list(home.path.glob("exports/*/*.csv"))
    done = home.run(PULL)
    assert done.code == 0, done.said
    for folder in ("exports", "inbox"):
        expected = files(undisturbed.path / folder)
        assert files(home.path / folder) == expected
    (listed,) = files(home.path / "exports")
    assert members(home.path / "exports" / listed) == members(undisturbed.path / "exports" / listed)
    (recorded,) = set(files(home.path / "inbox")) - set(reference.counted)
    rows = members(home.path / "inbox" / recorded)
    assert rows == members(undisturbed.path / "inbox" / recorded)
    assert len({row["party_id"] for row in rows}) == len(rows) > 0
    homes.assert_whole(home)


def test_a_pull_killed_before_its_record_is_not_landed(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    home = copy(reference.published)
    home.kill_at(PULL, "pull.before_record")
    assert home.run((*INGEST, "cartera")).code == 0
    homes.assert_balanced(home, reference.counted)
