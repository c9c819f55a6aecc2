"""Homes that are filled and built once, and read by many tests."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cartera import publications
from cartera.arrows import BuildReport, build, building, ingest, systems_with_inbox
from cartera.publications import Publication
from cartera.settings import Settings
from ingestion.demo.company import write_company

# A month before the demo's data end, so that orders after as_of are there to be ignored.
AS_OF = date(2026, 10, 1)


@dataclass(frozen=True)
class Built:
    """A home, the truth behind its inbox, and its builds in the order they were made."""

    settings: Settings
    truth: Path
    reports: tuple[BuildReport, ...]

    @property
    def candidate(self) -> Path:
        """What the gate saw of the demo's last build, work.duckdb among it."""
        return self.settings.home.parent / "candidate"

    def publication(self, number: int = 0) -> Publication:
        return next(
            publication
            for publication in publications.listed(self.settings)
            if publication.publication_id == self.reports[number].publication_id
        )

    def connect(self, number: int = 0) -> duckdb.DuckDBPyConnection:
        """Both files of a publication, attached as ``warehouse`` and ``contacts``."""
        db = duckdb.connect()
        db.execute("set TimeZone = 'UTC'")
        folder = self.publication(number).folder
        for name in ("warehouse", "contacts"):
            db.execute(f"attach '{folder / name}.duckdb' as {name} (read_only)")
        return db


def own_settings(home: Path, **values: object) -> Settings:
    """Settings of ``home`` that owe nothing to the caller's environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CARTERA_")]:
            patch.delenv(name)
        return Settings(home=home, hash_key="a key of the tests", **values)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The exports of 300 people, landed in name order and built."""
    folder = tmp_path_factory.mktemp("demo")
    settings = own_settings(folder / "home")
    write_company(
        settings.inbox,
        people=300,
        seed=7,
        as_of=date(2026, 11, 1),
        days=730,
        truth=folder / "truth",
    )
    for system in systems_with_inbox(settings):
        ingest(settings, system)
    with pytest.MonkeyPatch.context() as patch:
        keep_candidate(patch, folder / "candidate")
        report = build(settings, as_of=AS_OF)
    return Built(settings, folder / "truth", (report,))


def keep_candidate(patch: pytest.MonkeyPatch, kept: Path) -> None:
    """Copy a build's files before it publishes them: what only work had is gone after that."""
    publish = building._publish

    def copy_and_publish(under_way: building.Build) -> Publication:
        kept.mkdir()
        for name in building.FILES:
            shutil.copy(under_way.candidate / f"{name}.duckdb", kept)
        shutil.copytree(under_way.candidate / "dbt", kept / "dbt")
        return publish(under_way)

    patch.setattr(building, "_publish", copy_and_publish)
