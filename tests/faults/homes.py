"""A home for a test, the processes that work in it, and what they left there.

What is read here is read with json, pyarrow and DuckDB alone, not with Cartera's own code.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pyarrow.parquet as pq

from tests.faults import drive
from tests.faults.forked import Forked

CHECKOUT = Path(__file__).resolve().parents[2]
AS_OF = "2026-11-01"
INGEST = ("ingest",)
BUILD = ("build", "--as-of", AS_OF)
PULL = ("audience", "pull", "champions")
ALL_PARTS = ("staging", "core", "gate")
# Root may read and write all. Without these rights modes hold for root, too.
LIKE_OTHERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--")
KILLED = -9
PATIENCE = 300
Rows = dict[str, list[tuple[Any, ...]]]
Process = subprocess.Popen[str] | Forked


@dataclass(frozen=True)
class Done:
    """How a command ended; ``said`` is standard error, ``printed`` standard output."""

    code: int
    printed: str
    said: str

    @property
    def error(self) -> str:
        """The error as it is shown, progress left out, as one line."""
        lines = [line for line in self.said.splitlines() if not line.startswith("· ")]
        return " ".join(" ".join(lines).split())


@dataclass(frozen=True)
class Home:
    """A folder that CARTERA_HOME points to, and the recording of dbt and gate for its inputs."""

    path: Path
    recording: Path

    def environment(self, **more: str) -> dict[str, str]:
        outside = ("CARTERA_", "FAULTS_", "PYTHONPATH")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(outside)}
        fixed = {"CARTERA_HOME": str(self.path), "CARTERA_HASH_KEY": "the tests' own key"}
        if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
            # Dozens of processes would compile the same modules; once is enough.
            fixed["PYTHONPYCACHEPREFIX"] = str(self.recording.with_name("bytecode"))
        return {**kept, **fixed, **more}

    def start(
        self,
        command: Sequence[str],
        *,
        fault: str = "",
        stop: str = "",
        replay: Sequence[str] = ALL_PARTS,
        prefix: Sequence[str] = (),
        settings: dict[str, str] | None = None,
    ) -> Process:
        """Start ``cartera COMMAND``, in a session of its own. ``prefix`` runs it elsewhere."""
        more = dict(settings or {})
        if fault:
            more["CARTERA_FAULT"] = fault
        if stop:
            more["FAULTS_STOP"] = stop
        if replay:
            more["FAULTS_REPLAY"] = f"{self.recording}:{','.join(replay)}"
        if not prefix:
            return Forked(drive.main, ["cartera", *command], self.environment(**more))
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.faults.drive", *command],
            cwd=CHECKOUT,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, command: Sequence[str], **options: Any) -> Done:
        """Run ``cartera COMMAND`` to its end."""
        return ended(self.start(command, **options))

    def kill_at(self, command: Sequence[str], fault: str, **options: Any) -> None:
        """Run ``cartera COMMAND`` up to a point and see that it was killed there, wholly."""
        done = self.run(command, fault=fault, **options)
        assert done.code == KILLED, f"{fault} was not reached: exit {done.code}, {done.said}"
        assert_nobody_works_in(self)

    @property
    def publications(self) -> Path:
        return self.path / "publications"

    @property
    def current(self) -> str | None:
        """Where the link points, by name; None where there is no link."""
        link = self.publications / "current"
        return os.readlink(link) if link.is_symlink() else None

    @property
    def candidates(self) -> list[str]:
        return sorted(p.name for p in self.publications.glob(".candidate-*"))

    def manifests(self) -> list[dict[str, Any]]:
        """Every manifest, by delivery."""
        paths = self.path.glob("landing/*/*/*/manifest.json")
        return sorted((json.loads(p.read_text()) for p in paths), key=lambda m: m["delivery"])


def ended(process: Process, patience: float = PATIENCE) -> Done:
    """Wait for the end of a process."""
    try:
        printed, said = process.communicate(timeout=patience)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    code = process.returncode
    assert code is not None
    return Done(code, printed, said)


@contextmanager
def stopped(home: Home, command: Sequence[str], at: str, **options: Any) -> Iterator[Process]:
    """A command that stands still at a point; the caller lets it go on with SIGCONT."""
    process = home.start(command, stop=at, **options)
    try:
        deadline = time.monotonic() + PATIENCE
        while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
            assert process.poll() is None, f"it ended before {at}: {process.communicate()[1]}"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def copied(home: Home, path: Path) -> Home:
    """A copy of ``home`` at ``path``, with times, modes and links as they are."""
    subprocess.run(["cp", "-a", str(home.path), str(path)], check=True)
    return Home(path, home.recording)


def workers(home: Home) -> list[psutil.Process]:
    """Every process but this one that was started for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("CARTERA_HOME") == str(home.path)
            if mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def assert_nobody_works_in(home: Home) -> None:
    """The children of a killed process die with it, at once but for the kernel's own time."""
    deadline = time.monotonic() + 5
    while left := workers(home):
        assert time.monotonic() < deadline, [p.cmdline() for p in left]
        time.sleep(0.02)


def rows_of(publication: Path) -> Rows:
    """Every table outside of ops and meta, its rows sorted, ids of publications left out."""
    found: Rows = {}
    with duckdb.connect() as connection:
        for name in ("warehouse", "contacts"):
            connection.execute(f"attach '{publication / name}.duckdb' as {name} (read_only)")
        tables = connection.execute(
            "select database_name || '.' || schema_name || '.' || table_name "
            "from duckdb_tables() where database_name in ('warehouse', 'contacts') "
            "and schema_name not in ('ops', 'meta') order by all"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(
                f"select columns(c -> c <> 'publication_id') from {table}"
            ).fetchall()
            found[table] = sorted(rows, key=repr)
    return found


def assert_same_rows(found: Rows, expected: Rows) -> None:
    """Compare table by table, for a message that can be read."""
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    for table, rows in expected.items():
        assert len(found[table]) == len(rows), table
        assert found[table] == rows, table
    assert expected["warehouse.core.fct_orders"], "nothing to compare"


def assert_opens(home: Home) -> dict[str, Any]:
    """``current`` opens, both files of it, and says of itself what its folder says."""
    folder = home.publications / "current"
    with duckdb.connect() as connection:
        for name in ("warehouse", "contacts"):
            connection.execute(f"attach '{folder / name}.duckdb' as {name} (read_only)")
        connection.execute("from warehouse.core.fct_orders")
        cursor = connection.execute("select * from warehouse.meta.publication")
        (row,) = cursor.fetchall()
        facts = dict(zip([c[0] for c in cursor.description], row, strict=True))
    assert facts["publication_id"] == home.current, facts
    return facts


def assert_balanced(home: Home, counted: dict[str, int]) -> None:
    """Each delivery has one batch, whose account agrees with the file and with what it kept."""
    manifests = home.manifests()
    deliveries = [m["delivery"] for m in manifests]
    assert deliveries == sorted(counted), set(deliveries) ^ counted.keys() or "some are double"
    for manifest in manifests:
        delivery = manifest["delivery"]
        assert manifest["received"] == counted[delivery], delivery
        assert manifest["received"] == manifest["accepted"] + manifest["quarantined"], delivery
        partition, batch = f"partition={manifest['partition']}", f"batch={manifest['batch_id']}"
        place = Path(manifest["source"], partition, batch)
        landed = home.path / "landing" / place / "data.parquet"
        assert pq.read_metadata(landed).num_rows == manifest["landed_rows"], delivery
        refused = home.path / "quarantine" / place / "rows.parquet"
        kept = pq.read_metadata(refused).num_rows if refused.exists() else 0
        assert kept == manifest["quarantined"], delivery
        there = sorted(p.name for p in landed.parent.iterdir())
        assert there == ["data.parquet", "manifest.json"], (delivery, there)


def assert_whole(home: Home) -> None:
    """After a run that ended well: nothing half-written anywhere."""
    for root in ("landing", "quarantine"):
        for folder in home.path.glob(f"{root}/*/*/*"):
            place = folder.relative_to(home.path / root)
            assert (home.path / "landing" / place / "manifest.json").exists(), folder
    assert not home.candidates, home.candidates
    left = unfinished(home)
    assert not left, left


def unfinished(home: Home) -> list[str]:
    """Files and folders that something was being written into."""
    found = [
        path
        for pattern in ("*.tmp", "*.part", "*.parsed", "*.groups", "*.wal", ".current.*")
        for path in home.path.rglob(pattern)
    ]
    found += (home.path / "state" / "tmp").glob("*")
    return sorted(p.relative_to(home.path).as_posix() for p in found)


def remove(path: Path) -> None:
    """Delete a folder, read-only files included."""
    shutil.rmtree(path)
