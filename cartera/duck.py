"""How Cartera opens DuckDB and quotes what cannot be bound."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from cartera.errors import CarteraError, StorageFull
from cartera.settings import Settings

# The newest format that BI tools on an older DuckDB still open.
STORAGE_VERSION = "v1.0.0"
# What the system says, where an error of DuckDB has no number.
NO_ROOM = "No space left"
NO_RIGHT = ("Permission denied", "Read-only file system")


def identifier(name: str) -> str:
    """``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """``value`` as a quoted SQL string, for the places where SQL takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"


def one_file(path: Path) -> str:
    """``path`` as a quoted SQL string that ``read_parquet`` and ``read_csv`` take for this file.

    They take one with ``*``, ``?`` or ``[`` for a pattern of names, in which each of these in
    brackets is itself. A backslash ends a folder's name there and has no such spelling: with one
    of these in the path too, nothing matches and DuckDB raises IOException.
    """
    return literal(_pattern(path))


def _pattern(path: Path) -> str:
    name = str(path)
    if any(sign in name for sign in "*?["):
        name = "".join(f"[{c}]" if c in "*?[\\" else c for c in name)
    return name


def confine(connection: duckdb.DuckDBPyConnection, *folders: Path) -> None:
    """From now on: what is attached, and files in ``folders``; no other file, and no network.

    No SQL takes that back. What does not fit in memory still goes to the folder for that.
    """
    # Files are looked at by the name that they were asked for by.
    allowed = dict.fromkeys(name for folder in folders for name in (str(folder), _pattern(folder)))
    connection.execute(f"set allowed_directories = [{', '.join(map(literal, allowed))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


@contextmanager
def connect(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection that spills to a folder of its own below ``state/tmp``."""
    with _spill_folder(settings.state / "tmp") as spill:
        connection = duckdb.connect()
        try:
            connection.execute(f"set temp_directory = {literal(spill)}")
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            if settings.threads:
                connection.execute(f"set threads = {settings.threads:d}")
            if settings.memory_limit:
                connection.execute(f"set memory_limit = {literal(settings.memory_limit)}")
            yield connection
        finally:
            connection.close()


@contextmanager
def _spill_folder(parent: Path) -> Iterator[str]:
    """A new folder, gone at the end. What killed processes spilled goes too: it is data."""
    parent.mkdir(parents=True, exist_ok=True)
    gate = os.open(parent, os.O_RDONLY)
    try:
        # A folder is locked for as long as its process lives, and made under the parent's lock,
        # so that nobody takes it for abandoned before it is locked.
        fcntl.flock(gate, fcntl.LOCK_EX)
        for left in parent.iterdir():
            with suppress(OSError):
                _remove_unless_locked(left)
        spill = tempfile.mkdtemp(dir=parent)
        descriptor = os.open(spill, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(gate)
    try:
        yield spill
    finally:
        shutil.rmtree(spill, ignore_errors=True)
        os.close(descriptor)


def _remove_unless_locked(folder: Path) -> None:
    """Raises BlockingIOError if a living process works in ``folder``."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(descriptor)


@contextmanager
def without_pandas() -> Iterator[None]:
    """Values are bound without pandas, unless this process has it already.

    DuckDB looks whether a value is one of pandas' and imports it for that: a second of CPU for a
    command that takes two. What is run inside must not need pandas; where other threads may, as in
    the desk, it is let in.
    """
    if "pandas" in sys.modules or threading.current_thread() is not threading.main_thread():
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]  # an import then fails at once
    try:
        yield
    finally:
        del sys.modules["pandas"]


def create_file(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> None:
    """Make an empty database file that older DuckDB versions can read, and attach it."""
    version = literal(STORAGE_VERSION)
    connection.execute(f"attach {literal(path)} as {identifier(alias)} (storage_version {version})")


def attach(connection: duckdb.DuckDBPyConnection, path: Path, alias: str, *, write: bool) -> None:
    """Attach an existing database file."""
    mode = "" if write else " (read_only)"
    connection.execute(f"attach {literal(path)} as {identifier(alias)}{mode}")


def postgres_extension() -> Path:
    """DuckDB's extension for PostgreSQL, from a wheel: nothing is downloaded."""
    spec = importlib.util.find_spec("duckdb_extension_postgres_scanner")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        version = Path(folder) / "extensions" / f"v{duckdb.__version__}"
        path = version / "postgres_scanner.duckdb_extension"
        if path.is_file():
            return path
    raise CarteraError(
        "What speaks to PostgreSQL is not installed.",
        fix="Install the extra `connectors`: see docs/connectors.md.",
    )


def postgres_option(value: str) -> str:
    """``value`` as it stands in a connection string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def is_of_storage(error: Exception) -> bool:
    """Whether the disk failed, or the right to use it, and not what was to be read."""
    return any(words in str(error) for words in (NO_ROOM, *NO_RIGHT))


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turn a full disk, as the system or DuckDB reports it, into StorageFull.

    What may not be read or written, and too low a memory limit, become a CarteraError.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        text = " ".join(str(error).split())
        if isinstance(error, duckdb.OutOfMemoryException):
            raise CarteraError(
                f"Memory: {what} needs more than it may use, and was stopped.",
                fix="Raise CARTERA_MEMORY_LIMIT, or lower CARTERA_THREADS: each needs its share.",
            ) from error
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT) or NO_ROOM in text:
            raise StorageFull(
                f"The disk is full: {what} was stopped and its files were removed.",
                fix="Free some space (`cartera publications prune` helps) and run it again.",
            ) from error
        if number in (errno.EACCES, errno.EPERM, errno.EROFS) or is_of_storage(error):
            raise CarteraError(
                f"No permission: {what} was stopped ({text}).",
                fix=f"User {os.geteuid()} needs access to that path, or another --home.",
            ) from error
        raise


def first_value(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> object:
    """The first column of the first row. Raises CarteraError if there is no row."""
    row = connection.execute(sql, list(parameters)).fetchone()
    if row is None:
        raise CarteraError(f"No row from: {sql}")
    return row[0]
