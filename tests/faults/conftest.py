"""One company, landed and built once without any kill; every test works on a copy of it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from ingestion.demo.company import write_company
from tests.faults import homes, recount
from tests.faults.homes import Home, Rows


@dataclass(frozen=True)
class Reference:
    """A run that nobody disturbed: its home after each step, and what came of it."""

    waiting: Home
    landed: Home
    published: Home
    counted: dict[str, int]
    rows: Rows


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """60 people and 60 days, built once, with what the models and the gate made recorded."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # where the workers of one run find each other's
    folder = root / "never-killed"
    folder.mkdir(exist_ok=True)
    recording = folder / "recording"
    waiting, landed, published = (
        Home(folder / name, recording) for name in ("waiting", "landed", "published")
    )
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            _run(waiting, landed, published)
            (folder / "done").touch()
    return Reference(
        waiting=waiting,
        landed=landed,
        published=published,
        counted=recount.inbox(waiting.path / "inbox"),
        rows=homes.rows_of(published.publications / "current"),
    )


def _run(waiting: Home, landed: Home, published: Home) -> None:
    write_company(
        waiting.path / "inbox",
        people=60,
        seed=7,
        as_of=date.fromisoformat(homes.AS_OF),
        days=60,
        truth=None,
        progress=None,
    )
    homes.copied(waiting, landed.path)
    done = landed.run(homes.INGEST, replay=())
    assert done.code == 0, done.said
    homes.copied(landed, published.path)
    record = {"FAULTS_RECORD": str(published.recording)}
    done = published.run(homes.BUILD, replay=(), settings=record)
    assert done.code == 0, done.said


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Home], Home]:
    """Copies a home to one of this test's own."""
    return lambda home: homes.copied(home, tmp_path / "home")
