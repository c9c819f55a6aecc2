"""The small things that every room leans on: clock, errors, keys, quoting, faults."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera import clock, errors, faults
from cartera.duck import (
    connect,
    create_file,
    first_value,
    identifier,
    literal,
    one_file,
    storage_errors,
)
from cartera.errors import CarteraError, StorageFull
from cartera.keys import hash_key, keyed_hash, keyed_hashes
from cartera.settings import CHECKOUT, Settings


@pytest.mark.parametrize(
    ("fixed", "moment"),
    [
        ("2026-03-04T05:06:07Z", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2026-03-04T05:06:07+02:00", datetime(2026, 3, 4, 3, 6, 7, tzinfo=UTC)),
        ("2026-03-04", datetime(2026, 3, 4, tzinfo=UTC)),
    ],
)
def test_the_clock_stands_still_where_a_test_says(
    monkeypatch: pytest.MonkeyPatch, fixed: str, moment: datetime
) -> None:
    monkeypatch.setenv("CARTERA_NOW", fixed)
    assert clock.now() == moment


def test_the_clock_is_aware_and_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTERA_NOW", raising=False)
    assert clock.now().tzinfo is UTC
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 60


def test_the_last_midnight_is_that_of_the_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-06-30T22:30:00Z")
    assert clock.last_midnight("Europe/Madrid") == date(2026, 7, 1)
    assert clock.last_midnight("America/Bogota") == date(2026, 6, 30)


def test_midnight_follows_summer_time() -> None:
    assert clock.midnight_utc(date(2026, 7, 1), "Europe/Madrid").hour == 22
    assert clock.midnight_utc(date(2026, 1, 1), "Europe/Madrid").hour == 23
    assert clock.previous_day(date(2026, 3, 1)) == date(2026, 2, 28)


def test_the_hall_alone_reads_the_clock_and_only_there() -> None:
    """Models and rules get ``as_of``; times of audit come from ``cartera.clock``."""
    reads = ("datetime.now(", "date.today(", "datetime.utcnow(", "datetime.today(")
    guilty = [
        path.relative_to(CHECKOUT).as_posix()
        for room in ("cartera", "ingestion", "expectations", "dags")
        for path in sorted((CHECKOUT / room).rglob("*.py"))
        if any(read in path.read_text(encoding="utf-8") for read in reads)
    ]
    assert guilty == ["cartera/clock.py"]


def test_every_error_has_an_exit_code_of_the_interface() -> None:
    kinds = [
        k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, CarteraError)
    ]
    codes = {kind.__name__: kind.exit_code for kind in kinds}
    assert codes == {
        "CarteraError": 3,
        "RefusedByData": 1,
        "UsageError": 2,
        "ContractError": 2,
        "FileUnstable": 1,
        "StorageFull": 3,
        "LockBusy": 4,
        "BaseMoved": 4,
    }
    assert all(kind.__doc__ for kind in kinds)
    assert str(CarteraError("What.", fix="Do.")) == "What. Do."
    assert str(CarteraError("What.")) == "What."


sql_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@given(text=sql_text)
def test_quoted_text_comes_back_as_it_went_in(text: str) -> None:
    assert duckdb.execute(f"select {literal(text)}").fetchone() == (text,)


@given(name=sql_text.filter(bool))
def test_a_quoted_name_is_one_name(name: str) -> None:
    described = duckdb.execute(f"select 1 as {identifier(name)}").description
    assert [column[0] for column in described] == [name]


def test_a_file_is_read_by_its_name_and_not_those_that_it_would_be_a_pattern_of(
    tmp_path: Path,
) -> None:
    names = [
        "a[1]",
        "a1",
        "a*",
        "ab",
        "a?",
        "a[!b]",
        "[[a]]",
        "**",
        "a]",
        "a\\b",
        "it's [1]",
        "a\n*",
    ]
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.csv").write_text(f'n\n"{name}"\n')
    for name in names:
        path = tmp_path / name / f"{name}.csv"
        assert duckdb.execute(f"select n from read_csv({one_file(path)})").fetchall() == [(name,)]
    # No pattern means a backslash: such a file is refused, and none taken in its place.
    (tmp_path / "b").mkdir()
    within, path = tmp_path / "b" / "c[1].csv", tmp_path / "b\\c[1].csv"
    for written in (within, path):
        written.write_text("n\n1\n")
    with pytest.raises(duckdb.IOException, match="No files found"):
        duckdb.execute(f"from read_csv({one_file(path)})")


def test_every_file_is_read_by_its_name() -> None:
    as_pattern = re.compile(r"read_(parquet|csv|json|text|blob)\(\[?('|\{literal\()")
    rooms = ("cartera", "ingestion", "expectations", "dags")
    files = [path for room in rooms for path in (CHECKOUT / room).rglob("*.py")]
    assert [path for path in files if as_pattern.search(path.read_text())] == []


def test_a_connection_spills_into_a_folder_that_is_gone_afterwards(settings: Settings) -> None:
    with connect(settings) as connection:
        spill = Path(str(first_value(connection, "select current_setting('temp_directory')")))
        assert spill.is_relative_to(settings.state / "tmp")
        assert first_value(connection, "select current_setting('TimeZone')") == "UTC"
        assert first_value(connection, "select current_setting('threads')") == 2
    assert not spill.exists()
    with pytest.raises(duckdb.Error):
        connection.execute("select 1")


def test_a_file_is_made_in_the_format_that_older_readers_open(
    settings: Settings, tmp_path: Path
) -> None:
    with connect(settings) as connection:
        create_file(connection, tmp_path / "it's.duckdb", "made")
        connection.execute("create table made.t as select 1 as n")
        row = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'made'"
        ).fetchone()
        assert row is not None
        assert row[0].startswith("v1.0.0")


def test_a_full_disk_is_told_apart_from_other_errors() -> None:
    for error in (OSError(28, "No space left on device"), duckdb.IOException("x: No space left")):
        full = pytest.raises(StorageFull, match="The disk is full: landing a was stopped")
        with full, storage_errors("landing a"):
            raise error
    with pytest.raises(FileNotFoundError), storage_errors("landing a"):
        raise FileNotFoundError(2, "No such file")


@pytest.mark.parametrize(
    "error",
    [
        OSError(13, "Permission denied"),
        OSError(30, "Read-only file system"),
        duckdb.IOException('Cannot open file "a": Permission denied'),
        duckdb.IOException('Cannot open file "a": Read-only file system'),
    ],
)
def test_what_may_not_be_written_says_who_needs_what(error: Exception) -> None:
    wanted = pytest.raises(CarteraError, match="No permission: landing a was stopped")
    with wanted as told, storage_errors("landing a"):
        raise error
    assert "needs access" in told.value.fix


def test_a_query_without_a_row_says_so(settings: Settings) -> None:
    with connect(settings) as connection, pytest.raises(CarteraError, match="No row from: select"):
        first_value(connection, "select 1 where false")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, hash_key="")
    key = hash_key(settings)
    path = settings.state / "hash.key"
    assert len(key) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert hash_key(settings) == key
    assert [p.name for p in settings.state.iterdir()] == ["hash.key"]
    assert hash_key(Settings(home=tmp_path, hash_key="given")) == b"given"


def test_a_keyed_hash_needs_the_key_and_tells_parts_apart() -> None:
    assert keyed_hash(b"k", "a", "b") != keyed_hash(b"k", "ab")
    assert keyed_hash(b"k", "a", "b") != keyed_hash(b"j", "a", "b")
    assert keyed_hash(b"k", "a") == keyed_hash(b"k", "a")
    assert len(keyed_hash(b"k" * 200, "é")) == 32
    assert keyed_hashes(b"k", pa.array(["a", "b"])).to_pylist() == [
        keyed_hash(b"k", "a"),
        keyed_hash(b"k", "b"),
    ]


def test_a_fault_kills_at_its_point_and_only_there() -> None:
    code = (
        "from cartera import faults; [faults.point('build.sealed') for i in range(3)]; print('on')"
    )
    for wanted, ended in [("build.sealed", -9), ("build.sealed:3", -9), ("build.sealed:4", 0)]:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "CARTERA_FAULT": wanted},
            cwd=CHECKOUT,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (ended, b"on\n" if ended == 0 else b"")


def test_a_point_that_nobody_named_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_FAULT", "none")
    with pytest.raises(KeyError):
        faults.point("build.sealled")
