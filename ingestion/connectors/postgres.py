"""PostgreSQL through DuckDB's own extension: binary COPY in, typed Parquet out, in a stream.

A large table is read by as many connections as DuckDB has threads, all in one exported snapshot;
anything else by one.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import duckdb

from cartera.credentials import SECRET_NAME, Credentials
from cartera.duck import identifier, literal, postgres_extension, postgres_option
from cartera.errors import UsageError
from ingestion.connectors.config import Table

SCHEMES = ("postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg")
CONNECT_SECONDS = 15
# Types that DuckDB has too. Others come as PostgreSQL writes them: an unbounded numeric would
# come as a float, and lose digits.
SAME = re.compile(
    r"smallint|integer|bigint|real|double precision|boolean|date|text|bytea|character varying.*"
    r"|character\(.*|timestamp.*|numeric\(([12]?\d|3[0-8]),\d+\)"
)
# The writer is what a fetch waits for, and landing reads the file once and compresses what it
# keeps: compression, and dictionaries of values that hardly repeat, would take a third longer.
# Version 2 packs lengths and numbers: a third less to write, to check and to read again.
PARQUET = (
    "(format parquet, compression uncompressed, dictionary_size_limit 1000, parquet_version v2)"
)
# Below so many pages (of 8 KB) a second connection costs more than it brings.
LARGE_PAGES = 2_000


class PostgresReader:
    """One read-only transaction: every table is read as it was when the first one was."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck

    def write(self, table: Table, floor: str | None, part: Path) -> None:
        columns = self._columns(table)
        wanted = table.columns or tuple(columns)
        missing = [n for n in (*wanted, *filter(None, [table.cursor])) if n not in columns]
        if missing:
            raise UsageError(
                f"{table.table} has no column {missing[0]!r}.",
                fix=f"It has: {', '.join(columns)}.",
            )
        same = {n for n in wanted if SAME.fullmatch(columns[n])}
        if not table.cursor and len(same) == len(wanted) and (heap := self._large_heap(table)):
            listed = ", ".join(map(identifier, wanted))
            source = f"(select {listed} from source.{heap})"
        else:
            listed = ", ".join(
                identifier(n) if n in same else f"{identifier(n)}::text {identifier(n)}"
                for n in wanted
            )
            query = f"select {listed} from {_quoted(table)}"
            source = f"(from {_asked(query + _news(table, floor))})"
        self._duck.execute(f"copy {source} to {literal(part)} {PARQUET}")

    def _large_heap(self, table: Table) -> str:
        """Schema and name of ``table`` if it is worth reading in ranges of its pages, else ''.

        Only of a plain table is every row in exactly one range; before PostgreSQL 14 each range
        would read the whole table; and DuckDB finds tables by name without regard to case.
        """
        query = (
            "select n.nspname::text, c.relname::text from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace join pg_am a on a.oid = c.relam "
            f"where c.oid = to_regclass({literal(_quoted(table))}) and c.relkind = 'r' "
            f"and a.amname = 'heap' and c.relpages >= {LARGE_PAGES:d} "
            "and current_setting('server_version_num')::int >= 140000 "
            "and (select count(*) from pg_class d join pg_namespace m on m.oid = d.relnamespace "
            "where lower(d.relname) = lower(c.relname) and lower(m.nspname) = lower(n.nspname)) = 1"
        )
        found = self._duck.execute(f"from {_asked(query)}").fetchone()
        return ".".join(map(identifier, found)) if found else ""

    def _columns(self, table: Table) -> dict[str, str]:
        """Column to type, as PostgreSQL names it."""
        query = (
            "select attname::text as name, format_type(atttypid, atttypmod)::text as kind "
            f"from pg_attribute where attrelid = to_regclass({literal(_quoted(table))}) "
            "and attnum > 0 and not attisdropped order by attnum"
        )
        found: list[tuple[str, str]] = self._duck.execute(f"from {_asked(query)}").fetchall()
        if not found:
            raise UsageError(
                f"There is no table {table.table!r} for this user.",
                fix="Write it as schema.table, as the database spells it.",
            )
        return dict(found)

    def close(self) -> None:
        # A server that died makes both fail; left open, the destructor would end the process.
        for statement in ("rollback", "detach source", "drop secret source"):
            with suppress(duckdb.Error):
                self._duck.execute(statement)


def open_postgres(duck: duckdb.DuckDBPyConnection, credentials: Credentials) -> PostgresReader:
    """Connect and begin the transaction. Nothing is downloaded: the extension is a wheel."""
    duck.execute(f"load {literal(postgres_extension())}")
    extra = {k: v for k, v in credentials.extra.items() if not k.startswith("__")}
    parts = {
        "host": extra.pop("host", "") or credentials.host,
        "port": str(credentials.port or extra.pop("port", "") or ""),
        "user": credentials.login,
        "password": credentials.password,
        "database": credentials.database,
    }
    given = ", ".join(f"{name} {literal(value)}" for name, value in parts.items() if value)
    duck.execute(f"create or replace secret source (type postgres{', ' if given else ''}{given})")
    for name in extra:
        if SECRET_NAME.search(name) and not name.startswith("ssl"):
            raise UsageError(f"PostgreSQL takes no {name}.", fix="Put it into the password.")
    options = {"connect_timeout": str(CONNECT_SECONDS), "application_name": "cartera", **extra}
    text = " ".join(f"{name}={postgres_option(value)}" for name, value in options.items())
    duck.execute(f"attach {literal(text)} as source (type postgres, read_only, secret source)")
    duck.execute("begin transaction")
    return PostgresReader(duck)


def _news(table: Table, floor: str | None) -> str:
    """The end of a query for what is new by the cursor, oldest first."""
    if not table.cursor:
        return ""
    column = identifier(table.cursor)
    since = f" where {column} is null or {column} >= {literal(floor)}" if floor is not None else ""
    return f"{since} order by {column} nulls first"


def _asked(query: str) -> str:
    return f"postgres_query('source', {literal(query)})"


def _quoted(table: Table) -> str:
    return ".".join(identifier(part) for part in table.schema_and_name if part)
