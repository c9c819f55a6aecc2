"""One company, landed and built once without any kill; every test works on a copy of it."""

from __future__ import annotations

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
    """60 people and 60 days, built with dbt and Great Expectations, which are recorded."""
    folder = tmp_path_factory.mktemp("never-killed")
    recording = folder / "recording"
    waiting = Home(folder / "waiting", recording)
    write_company(
        waiting.path / "inbox",
        people=60,
        seed=7,
        as_of=date.fromisoformat(homes.AS_OF),
        days=60,
        truth=None,
        progress=None,
    )
    landed = homes.copied(waiting, folder / "landed")
    assert landed.run(homes.INGEST).code == 0
    published = homes.copied(landed, folder / "published")
    record = {"FAULTS_RECORD": str(recording)}
    done = published.run(homes.BUILD, replay=(), settings=record)
    assert done.code == 0, done.said
    return Reference(
        waiting=waiting,
        landed=landed,
        published=published,
        counted=recount.inbox(waiting.path / "inbox"),
        rows=homes.rows_of(published.publications / "current"),
    )


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Home], Home]:
    """Copies a home to one of this test's own."""
    return lambda home: homes.copied(home, tmp_path / "home")
