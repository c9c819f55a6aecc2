"""What pages read: the publication that is current, read-only, by SQL with bound values.

A snapshot is one publication. Whoever holds one reads the same numbers for as long as they hold it;
the next snapshot is of the publication that is current then. It is told by the inode and the time
of the file, and opened by its own path: a process that names one path twice would get the file
that it had first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cartera import publications, records
from cartera.duck import attach, confine, literal
from cartera.errors import CarteraError, RefusedByData, UsageError
from cartera.publications import Publication
from cartera.settings import Settings

# A page shows sums and short lists. What is longer than this is a mistake of its query.
MOST_ROWS = 20_000
# Names of people at once: a desk is for looking at customers, and a pull is for taking them along.
MOST_PEOPLE = 200
# Answers that are kept, and the bytes that one may have to be kept.
KEPT_ANSWERS = 256
# What DuckDB may hold, of a million customers, too; otherwise it keeps of the file whatever fits.
MEMORY = "320MB"
KEPT_BYTES = 1 << 20

Parameters = Mapping[str, Any]


class Snapshot:
    """One publication, for any number of threads. Answers of the warehouse are kept."""

    def __init__(self, settings: Settings, publication: Publication) -> None:
        self.publication = publication
        self._settings = settings
        self._warehouse = _opened(settings, {"warehouse": publication.warehouse})
        self._answers: OrderedDict[tuple[str, str], pa.Table] = OrderedDict()
        self._lock = threading.Lock()

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The answer of ``warehouse``. Raises UsageError above MOST_ROWS rows, duckdb.Error."""
        key = (sql, repr(sorted((parameters or {}).items())))
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        found = _answer(self._warehouse, sql, parameters, MOST_ROWS)
        if found.nbytes <= KEPT_BYTES:
            with self._lock:
                self._answers[key] = found
                while len(self._answers) > KEPT_ANSWERS:
                    self._answers.popitem(last=False)
        return found

    def people(
        self, event: str, sql: str, parameters: Parameters | None = None, /, **about: Any
    ) -> pa.Table:
        """The answer of ``contacts`` and ``warehouse``, put on the record before it is read.

        ``about`` goes with the ``event``: ids and numbers, never what tells who somebody is.
        The file is open for as long as the query runs, so that no erased person is held on to.
        Raises UsageError above MOST_PEOPLE rows, CarteraError where the file may not be read.
        """
        records.access(
            self._settings, event, **about, publication_id=self.publication.publication_id
        )
        files = {"warehouse": self.publication.warehouse, "contacts": self.publication.contacts}
        try:
            connection = _opened(self._settings, files)
        except (PermissionError, duckdb.IOException) as error:
            raise CarteraError(
                f"{self.publication.contacts}: contact data is not for the desk's user.",
                fix="Run the desk as a user of CARTERA_CONTACTS_GROUP.",
            ) from error
        try:
            return _answer(connection, sql, parameters, MOST_PEOPLE)
        finally:
            connection.close()


class Reader:
    """Hands out the snapshot of the publication that is current.

    ``admit`` is asked at each look, and raises a CarteraError for one that nobody is to be shown.
    """

    def __init__(self, settings: Settings, admit: Callable[[Snapshot], None] | None = None) -> None:
        self._settings, self._admit = settings, admit
        self._lock = threading.Lock()
        self._held: tuple[tuple[int, int], Snapshot] | None = None

    def snapshot(self) -> Snapshot:
        """Raises RefusedByData before the first publication, and what ``admit`` raises."""
        publication = publications.current(self._settings)
        if publication is None:
            raise RefusedByData(
                "Nothing has been published yet.", fix="Run `cartera run`, or `cartera build`."
            )
        told = publication.warehouse.stat()
        key = (told.st_ino, told.st_mtime_ns)
        with self._lock:
            if self._held is None or self._held[0] != key:
                # Whoever still reads the one before keeps it until they are done.
                self._held = (key, Snapshot(self._settings, publication))
            found = self._held[1]
            if self._admit:
                self._admit(found)
            return found


def _opened(settings: Settings, files: Mapping[str, Path]) -> duckdb.DuckDBPyConnection:
    """``files`` by the names of their catalogs; nothing else can be read or changed from there."""
    connection = duckdb.connect()
    connection.execute("set global TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set memory_limit = {literal(settings.memory_limit or MEMORY)}")
    # Nothing of a customer is left in a folder where the desk happens to be started.
    connection.execute("set temp_directory = ''")
    if settings.threads:
        connection.execute(f"set threads = {settings.threads:d}")
    for name, path in files.items():
        attach(connection, path, name, write=False)
    confine(connection)
    return connection


def _answer(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters | None, most: int
) -> pa.Table:
    cursor = connection.cursor()
    try:
        batches = cursor.execute(sql, dict(parameters or {})).to_arrow_reader(most + 1)
        found = pa.Table.from_batches(batches, batches.schema)
    finally:
        cursor.close()
    if found.num_rows > most:
        raise UsageError(
            f"The query has {found.num_rows:,} rows or more, and a page shows {most:,} at most.",
            fix="Narrow the search.",
        )
    return found
