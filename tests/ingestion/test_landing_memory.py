"""A file larger than the memory that DuckDB may use lands: what does not fit, spills."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pytest

from cartera.errors import CarteraError
from cartera.settings import Settings
from tests.ingestion.acme import Acme, contract

ROWS = 1_000_000
LIMIT = "120MB"
COLUMNS = {"product_id": "id", "name": "name"}


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Acme:
    """With little memory, and a delivery that has more bytes and two refused records."""
    elsewhere = tmp_path / "nobody-spills-here"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    acme = Acme(Settings(home=tmp_path / "home", hash_key="k", threads=1, memory_limit=LIMIT))
    path = acme.deliver(b"")
    duckdb.sql(
        "select case when range not in (7, 999999) then range end as id, "
        f"repeat(md5(range::varchar), 5) as name from range({ROWS})"
    ).write_csv(str(path), header=True)
    assert path.stat().st_size > 1.3 * 120_000_000
    return acme


def test_a_file_larger_than_the_memory_limit_lands_and_leaves_nothing(
    acme: Acme, tmp_path: Path
) -> None:
    report = acme.ingest(contract(columns=COLUMNS))
    assert (report.problems, report.accepted, report.quarantined) == ([], ROWS - 2, 2)
    assert list((acme.settings.state / "tmp").iterdir()) == []
    assert list((tmp_path / "nobody-spills-here").iterdir()) == []


def test_too_little_memory_says_so_and_leaves_nothing(acme: Acme) -> None:
    """Groups are gathered in memory beside their whole rows: that takes more."""
    with pytest.raises(CarteraError, match="needs more than it may use") as caught:
        acme.ingest(contract(columns=COLUMNS, group_by=["id"]))
    assert "CARTERA_MEMORY_LIMIT" in caught.value.fix
    assert acme.stored() == []
    assert list((acme.settings.state / "tmp").iterdir()) == []
