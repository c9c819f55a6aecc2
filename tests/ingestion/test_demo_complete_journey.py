"""A third party's data goes in as it is, and its contracts lose no row of it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cartera.errors import UsageError
from ingestion.contract import load_contracts
from ingestion.demo import complete_journey
from ingestion.demo.complete_journey import write_complete_journey


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journey")
    written = write_complete_journey(folder)
    assert sorted(folder / key for key in written) == sorted(folder.rglob("*.parquet"))
    return folder


def test_tables_are_copied_byte_for_byte(inbox: Path) -> None:
    tables = complete_journey._tables()
    assert len(tables) == 8
    for table in tables:
        copy = inbox / "complete_journey" / table.stem / f"{table.stem}_2018-01-01.parquet"
        assert copy.read_bytes() == table.read_bytes()
    assert not list(inbox.rglob("*.part"))


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("order_lines", 1_469_307),
        ("orders", 155_848),
        ("products", 92_331),
        ("campaigns", 27),
        ("audience_pulls", 6_589),
        ("campaign_messages", 2_102),
        ("loyalty_members", 801),
    ],
)
def test_the_contracts_keys_keep_every_row(inbox: Path, source: str, rows: int) -> None:
    contract = next(c for c in load_contracts(system="complete_journey") if c.source == source)
    keys = [c for name in contract.model.key for c in contract.columns[name].raw_columns]
    files = inbox / contract.system / contract.folder / "*.parquet"
    with duckdb.connect() as db:
        distinct, given = db.execute(
            f"select count(distinct ({', '.join(keys)})), count(*) from '{files}'"
        ).fetchall()[0]
        columns = {row[0] for row in db.execute(f"describe select * from '{files}'").fetchall()}
    assert distinct == rows
    assert given == rows or contract.group_by
    assert columns == {*contract.raw_columns, *contract.ignore}


def test_without_the_package_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complete_journey, "PACKAGE", "no_such_package_here")
    with pytest.raises(UsageError, match="make examples"):
        write_complete_journey(tmp_path)
    assert not list(tmp_path.iterdir())
