"""What ``cartera status`` says of connections, and what ``cartera doctor`` checks of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.commands.status import describe
from cartera.errors import CarteraError
from cartera.settings import Settings
from ingestion.connectors import checking
from ingestion.connectors.checking import problems_of
from tests.ingestion.connectors import homes

SECRET = "hunter2-hunter2"


def nobody(name: str) -> bool:
    return False


def folder(settings: Settings, where: Path) -> None:
    homes.contract(settings, "csv")
    homes.connection(
        settings,
        f"""
        kind: files
        where: {where}
        settle_seconds: 0
        fetch:
          - {{files: "*.csv", to: products}}
        """,
    )


def database(settings: Settings) -> None:
    homes.contract(settings, "parquet", "snapshot")
    homes.connection(
        settings,
        """
        kind: sql
        credentials: erp_db
        fetch:
          - {table: products, to: products, mode: snapshot}
        """,
    )


def test_a_folder_that_is_there_is_fine_and_one_that_is_not_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    folder(settings, tmp_path / "exports")
    assert problems_of(settings, "erp", nobody) == [
        f"erp: {tmp_path / 'exports'} is no folder: correct where, or mount it"
    ]
    (tmp_path / "exports").mkdir()
    assert problems_of(settings, "erp", nobody) == []


def test_missing_credentials_are_named_and_given_ones_never_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(settings)
    (said,) = problems_of(settings, "erp", nobody)
    assert "There are no credentials 'erp_db'" in said
    assert problems_of(settings, "erp", lambda name: name == "erp_db") == []
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", f"postgresql://me:{SECRET}@nowhere.invalid/x")
    assert problems_of(settings, "erp", nobody) == []
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", SECRET)
    # What is there and wrong is not excused by what Airflow may have: the environment wins.
    (said,) = problems_of(settings, "erp", lambda name: True)
    assert "cannot be read" in said
    assert SECRET not in said


def test_a_missing_extra_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    database(settings)
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", "mysql://me@nowhere.invalid/x")
    monkeypatch.setattr(checking.importlib.util, "find_spec", lambda name: None)
    assert problems_of(settings, "erp", nobody) == [
        "erp: dlt, sqlalchemy not installed: install the extra `connectors`"
    ]


def test_a_connection_that_cannot_be_read_is_a_problem_not_a_crash(settings: Settings) -> None:
    homes.contract(settings, "csv")
    homes.connection(settings, "kind: files\nwhere: relative\nfetch: []\n")
    (said,) = problems_of(settings, "erp", nobody)
    assert "erp.yml" in said
    (needs,) = [line for line in describe(settings)["needs_you"] if "connection" in line]
    assert needs.startswith("connection erp: ")


def test_status_tells_the_last_fetch_its_error_and_what_it_passed_over(
    settings: Settings, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    folder(settings, exports)
    (never,) = describe(settings)["connections"]
    assert (never["kind"], never["last_fetch_at"], never["error"]) == ("files", None, "")
    exports.mkdir()
    (exports / "a.csv").write_bytes(b"id,name,cost,changed\n1,a,1,2026-01-01\n")
    (exports / ".hidden.csv").write_bytes(b"x")
    homes.fetch(settings)
    (fine,) = describe(settings)["connections"]
    assert (fine["files"], fine["error"], fine["passed_over_count"]) == (1, "", 1)
    assert fine["passed_over"] == ["'.hidden.csv': hidden, by its name"]
    (exports / ".hidden.csv").unlink()
    (exports / "a.csv").unlink()
    exports.rmdir()
    with pytest.raises(CarteraError):
        homes.fetch(settings)
    found = describe(settings)
    (failed,) = found["connections"]
    assert failed["last_fetch_at"] == fine["last_fetch_at"]
    assert "is no folder" in failed["error"]
    assert any("its last fetch failed" in line for line in found["needs_you"])
