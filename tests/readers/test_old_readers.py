"""BI tools bring a DuckDB of their own: older ones read in a published file what ours reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import publications
from cartera.arrows import build, ingest, systems_with_inbox
from cartera.publications import Publication
from cartera.settings import CHECKOUT
from ingestion.demo.company import write_company
from tests.integration.conftest import own_settings
from tests.readers import reading

pytestmark = pytest.mark.readers
INSTALLED = CHECKOUT / ".venv" / "readers"
VERSIONS = {"reader-1_0": "1.0.0", "reader-1_2": "1.2.2", "reader-1_4": "1.4."}
if sys.version_info >= (3, 13):
    # There is no wheel of it.
    del VERSIONS["reader-1_0"]


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """A small company's, built with everything that a build does."""
    settings = own_settings(tmp_path_factory.mktemp("readers") / "home")
    day = date(2026, 11, 1)
    write_company(settings.inbox, people=60, seed=7, as_of=day, days=60, truth=None)
    for system in systems_with_inbox(settings):
        ingest(settings, system)
    build(settings, as_of=day)
    found = publications.current(settings)
    assert found
    return found


def run(reader: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(Path(reading.__file__)), str(path)],
        env={**os.environ, "PYTHONPATH": str(INSTALLED / reader)},
        capture_output=True,
        text=True,
        check=False,
    )


def read(reader: str, path: Path) -> dict[str, Any]:
    done = run(reader, path)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("file", ["warehouse", "contacts"])
@pytest.mark.parametrize("reader", VERSIONS)
def test_an_older_duckdb_reads_every_row_of_every_table(
    reader: str, file: str, publication: Publication
) -> None:
    path = publication.folder / f"{file}.duckdb"
    before = path.read_bytes()
    old = read(reader, path)
    assert old["version"].startswith(VERSIONS[reader])
    ours = json.loads(json.dumps(reading.read(str(path))))
    assert ours["version"] == duckdb.__version__
    assert ours["tables"].keys() == old["tables"].keys()
    for table, expected in ours["tables"].items():
        assert old["tables"][table] == expected, table
    needed = {"warehouse": "marts.customer_360", "contacts": "contacts.golden_records"}[file]
    assert ours["tables"][needed][1] > 50
    assert path.read_bytes() == before


def test_a_file_in_the_newest_format_is_what_an_old_one_would_not_read(tmp_path: Path) -> None:
    oldest = next(iter(VERSIONS))
    path = tmp_path / "new.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as new (storage_version 'latest')")
        connection.execute("create table new.t as select 1 as x")
    done = run(oldest, path)
    assert done.returncode != 0
    assert "version" in done.stderr
