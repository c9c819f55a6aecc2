"""One small company: DuckDB's publication of it, and the inputs from which Spark makes its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cartera import publications
from cartera.arrows import build, export_inputs, ingest, systems_with_inbox
from ingestion.demo.company import write_company
from tests.integration.conftest import AS_OF, own_settings

PEOPLE = 300


@dataclass(frozen=True)
class Company:
    """The folders of a publication and of the inputs that it was made from."""

    publication: Path
    inputs: Path


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    assert shutil.which("java"), "Spark needs Java: packages.txt names the Debian package."
    folder = tmp_path_factory.mktemp("company")
    settings = own_settings(folder / "home")
    write_company(
        settings.inbox,
        people=PEOPLE,
        seed=7,
        as_of=date(2026, 11, 1),
        days=730,
        truth=folder / "truth",
    )
    for system in systems_with_inbox(settings):
        ingest(settings, system)
    export_inputs(settings, folder / "inputs", as_of=AS_OF)
    build(settings, as_of=AS_OF)
    current = publications.current_id(settings)
    assert current
    return Company(settings.publications / current, folder / "inputs")


@pytest.fixture(scope="session")
def db(company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB's tables, as ``warehouse``."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        path = company.publication / "warehouse.duckdb"
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        yield connection
