"""Tables as typed Parquet: whole, or what is new by a cursor that only goes on once it is here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import duckdb

from cartera import clock
from cartera.duck import connect, first_value, identifier, literal, one_file
from cartera.errors import RefusedByData, UsageError
from ingestion.connectors.config import Overlap, SqlConnection, Table
from ingestion.connectors.job import Job
from ingestion.connectors.placing import part_file, place, stamped, synced_checksum
from ingestion.connectors.postgres import SCHEMES, open_postgres

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL")
# A clock without a zone may run ahead of UTC by so much.
ZONES_AHEAD = timedelta(hours=14)


class Reader(Protocol):
    """An open database that nothing is written to."""

    def write(self, table: Table, floor: str | None, part: Path) -> None:
        """Write the rows of ``table`` from ``floor`` on to a Parquet file.

        By a cursor the oldest come first, and those without one always come; a whole table comes
        in any order. Raises UsageError if there is no such table or column.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


@dataclass(frozen=True)
class Written:
    """What a Parquet file holds, and where the next fetch begins.

    ``digest`` is that of the whole file, and ``tail`` that of the rows that the next fetch takes
    again because of the overlap; both only serve to see that nothing is new.
    """

    rows: int
    digest: str
    cursor: str | None = None
    floor: str | None = None
    tail: str = ""


def fetch_tables(job: Job, connection: SqlConnection) -> None:
    """Fetch every table of ``connection``; from PostgreSQL in one snapshot of all of them."""
    with connect(job.settings) as duck:
        reader = job.veil.run("connecting", partial(_open, job, duck))
        try:
            for table in connection.fetch:
                job.attempt(table.to, table.table, partial(_fetch, job, duck, reader, table))
        finally:
            reader.close()


def _open(job: Job, duck: duckdb.DuckDBPyConnection) -> Reader:
    if not job.credentials.scheme:
        raise UsageError(
            f"The connection of {job.system} does not say where its database is.",
            fix="Add credentials: NAME, and set CARTERA_CONN_NAME.",
        )
    if job.credentials.scheme in SCHEMES:
        return open_postgres(duck, job.credentials)
    # SQLAlchemy and dlt: seconds of import that PostgreSQL has no need of.
    from ingestion.connectors.databases import open_database

    return open_database(job.credentials)


def _fetch(job: Job, duck: duckdb.DuckDBPyConnection, reader: Reader, table: Table) -> None:
    item = f"{table.to}:{table.table}"
    last = job.history.last(item)
    known = last if last and last.get("column") == table.cursor else None
    floor = known["floor"] if known and table.cursor else None
    target = stamped(job.inbox / table.to, ".parquet", last["file"] if last else None)
    job.tell(f"{table.table}, " + (f"from {floor}" if floor else "all of it"))
    with part_file(target) as part:
        reader.write(table, floor, part)
        with ThreadPoolExecutor(1) as aside:
            # What its bytes are, while DuckDB looks at what is in them.
            checking = aside.submit(synced_checksum, part)
            written = _describe(duck, table, part, known)
        if known and written.digest == known.get("tail" if table.cursor else "rows_digest"):
            part.unlink()
            job.already(table.to)
            return
        if not written.rows and (table.cursor or not last):
            part.unlink()
            return
        if not written.rows and not table.may_be_empty:
            raise RefusedByData(
                f"{table.table} is empty, and a snapshot of it would remove everything.",
                fix="If that is right, set may_be_empty: true for this table.",
            )
        place(
            job.settings,
            job.history,
            item,
            target,
            checking.result(),
            rows=written.rows,
            rows_digest=written.digest,
            column=table.cursor,
            cursor=written.cursor,
            floor=written.floor,
            tail=written.tail,
        )
    job.fetched(table.to, target)


def _describe(
    duck: duckdb.DuckDBPyConnection, table: Table, part: Path, last: dict[str, str] | None
) -> Written:
    """Read what was written: a count, digests that no order of rows changes, the cursor."""
    rows = f"read_parquet({one_file(part)}) as t"
    shape = f"select column_name, column_type from (describe from {rows})"
    columns = str(duck.execute(shape).fetchall())
    # Rows add up to the same in whatever order they come.
    digest = f"count(*) || '-' || coalesce(sum(hash(t)), 0) || '-' || hash({literal(columns)})"
    if not table.cursor:
        count, whole = duck.execute(f"select count(*), {digest} from {rows}").fetchall()[0]
        return Written(count, whole)
    column = identifier(table.cursor)
    kind = str(
        first_value(
            duck,
            f"select any_value(column_type) from (describe from {rows}) where column_name = ?",
            table.cursor,
        )
    )
    until = _latest(kind, table)
    whole = str(first_value(duck, f"select {digest} from {rows}")) if last else ""
    count, newest = duck.execute(
        f"select count(*), max({column}) filter ({until})::varchar from {rows}"
    ).fetchall()[0]
    if newest is None:
        # Nothing with a usable cursor: the next fetch begins where this one did.
        cursor, floor = (last["cursor"], last["floor"]) if last else (None, None)
    else:
        cursor = newest
        floor = str(first_value(duck, f"select ({_behind(kind, table.overlap)})::varchar", newest))
    since = f"{column} is null" + (f" or {column} >= {literal(floor)}::{kind}" if floor else "")
    tail = str(first_value(duck, f"select {digest} from {rows} where {since}"))
    return Written(count, whole, cursor, floor, tail)


def _latest(kind: str, table: Table) -> str:
    """The condition of cursors that count: a row from the future must not carry it there."""
    now = clock.now()
    column = identifier(table.cursor)
    if kind.startswith(NUMBERS):
        return f"where {column} is not null"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"where {column} <= {literal(now.isoformat())}::timestamptz"
    if kind.startswith(("TIMESTAMP", "DATE")):
        ahead = (now + ZONES_AHEAD).replace(tzinfo=None)
        return f"where {column} <= {literal(ahead.isoformat())}::timestamp"
    raise UsageError(
        f"{table.table}.{table.cursor} is {kind}: no cursor, because it does not count up.",
        fix="Take a column of whole numbers, dates or times, or mode: snapshot.",
    )


def _behind(kind: str, overlap: Overlap) -> str:
    """SQL of where the next fetch begins, from the cursor as its one parameter."""
    if kind.startswith(NUMBERS):
        if overlap.span is not None:
            raise UsageError("The cursor is a number.", fix="Give overlap as a number.")
        return f"?::{kind} - {overlap.number:d}"
    if overlap.number:
        raise UsageError("The cursor is a time.", fix="Give overlap as a span such as 2 hours.")
    seconds = int(overlap.span.total_seconds()) if overlap.span else 0
    return f"?::{kind} - to_seconds({seconds:d})"
