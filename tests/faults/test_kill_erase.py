"""An erasure that is killed with SIGKILL at any step goes on from there, and nothing is half."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from cartera import batches, faults, publications, records
from cartera.arrows import BuildReport, erase, erasing, export_parquet, resume_erasure
from cartera.errors import RefusedByData
from cartera.privacy import requests
from cartera.privacy.scan import scan
from cartera.settings import load_settings
from tests.faults.homes import Home
from tests.integration.conftest import own_settings
from tests.privacy.conftest import ANA, HER, OWNERS, landed
from tests.privacy.small import Small

__all__ = ["landed"]

# In the order in which the first batch meets them.
OF_A_BATCH = (
    "erase.requested",
    "erase.barred",
    "erase.before_manifest",
    "erase.after_manifest",
    "erase.deleted",
)
LATER = ("erase.stripped", "erase.swept", "erase.built", "erase.removed", "erase.scanned")
SECOND = "20260102T000000000000Z-0123abcd"
Account = list[tuple[int, int, int, int]]


def accounts(small: Small) -> tuple[Account, Account]:
    return small.accounts("crm_contacts"), small.accounts("orders")


BEFORE = ([(4, 3, 1, 0)], [(5, 4, 1, 0)])
AFTER = ([(4, 2, 0, 2)], [(5, 4, 0, 1)])


def test_every_step_of_an_erasure_is_met() -> None:
    points = {name for name in faults.POINTS if name.startswith("erase.")}
    assert points == {*OF_A_BATCH, *LATER}


def test_an_erasure_killed_at_each_point_of_a_batch_is_done_once(
    landed: Path, tmp_path: Path
) -> None:
    """Each run is also the next one of the run that was killed before it; the last is a build."""
    subprocess.run(["cp", "-a", landed, tmp_path / "home"], check=True)
    home = Home(tmp_path / "home", tmp_path / "recording")
    # By the key of the processes: tombstones say nothing with another.
    small = Small(load_settings(home=home.path, hash_key=home.environment()["CARTERA_HASH_KEY"]))
    command: tuple[str, ...] = ("erase", "--customer", ANA)
    for point in OF_A_BATCH:
        home.kill_at(command, point, replay=())
        command = ("erase", "--resume")
        # Each batch is that of before or the one after, with an account that holds.
        is_written = point in ("erase.after_manifest", "erase.deleted")
        assert accounts(small) == (AFTER[0] if is_written else BEFORE[0], BEFORE[1])
    # A build that comes now reads nothing of her: all, or nothing, and not half.
    home.kill_at(("build", "--as-of", "2026-02-01"), "build.candidate", replay=())
    assert accounts(small) == AFTER
    report = resume_erasure(small.settings, and_build=False)
    assert report.erasure.state == "swept"
    assert accounts(small) == AFTER
    every = [m for m in batches.scan(small.settings, replaced=True) if m.system == "acme"]
    assert len(every) == len(list(home.path.glob("landing/*/*/*"))) == 2
    assert not list(home.path.glob("inbox/**/*.csv"))


def publish_who_is_left(patch: pytest.MonkeyPatch, small: Small) -> None:
    """A stand-in for the rebuild."""

    def build(*_: Any, **__: Any) -> BuildReport:
        left = {record: owner for record, owner in OWNERS.items() if owner != ANA}
        small.publish(left, SECOND)
        return BuildReport(SECOND, "2026-02-01", "passed")

    patch.setattr(erasing, "build", build)


@pytest.mark.parametrize("point", LATER)
def test_an_erasure_broken_off_anywhere_ends_with_one_certificate(
    landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    home = tmp_path / "home"
    subprocess.run(["cp", "-a", landed, home], check=True)
    small = Small(own_settings(home))

    def stop(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    publish_who_is_left(monkeypatch, small)
    with monkeypatch.context() as patch:
        patch.setattr(faults, "point", stop)
        with pytest.raises(KeyboardInterrupt):
            erase(small.settings, HER)
    waiting = requests.under_way(small.settings)
    assert waiting
    assert waiting.state != "done"
    values = requests.subjects_of(small.settings, waiting).values
    report = resume_erasure(small.settings)
    assert report.erasure.state == "done"
    assert [p.publication_id for p in publications.listed(small.settings)] == [SECOND]
    assert scan(small.settings, values).findings == []
    names = sorted(p.name for p in (home / "state" / "erasures").iterdir())
    assert [name.partition(".")[2] for name in names] == [
        "certificate.json",
        "certificate.txt",
        "json",
    ]


def test_no_erasure_is_certified_while_a_copy_of_before_is_there(
    landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, copies = tmp_path / "home", tmp_path / "copies"
    subprocess.run(["cp", "-a", landed, home], check=True)
    settings = own_settings(home, parquet_folder=str(copies), postgres_url="postgresql://nobody")
    publish_who_is_left(monkeypatch, Small(settings))
    (first,) = publications.listed(settings)
    export_parquet(settings, copies, first.publication_id)
    records.append(settings, "copies", form="postgres", publication_id=SECOND, error="no route")
    with pytest.raises(RefusedByData, match="postgres failed: no route"):
        erase(settings, HER)
    assert not (copies / first.publication_id).exists()
    records.append(settings, "copies", form="postgres", publication_id=SECOND, error="")
    assert resume_erasure(settings).erasure.state == "done"
