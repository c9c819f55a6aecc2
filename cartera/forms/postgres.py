"""A copy of a publication in PostgreSQL: loaded beside the old one, swapped in one transaction.

The new tables are loaded into schemas of their own, which is most of the work and hinders
nobody. The swap locks the old tables, drops them and renames the schemas, all in one
transaction. It waits for two kinds of readers, so that nobody ever sees a mixture:

- who has read an old table in an open transaction, since the next table must be as old;
- who took a snapshot before the new rows were there, since to them new tables would be empty.

Lock requests give up after a moment and are repeated, so that readers are never queued behind
one for long and no deadlock costs anybody a query.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import parse_dsn

from cartera import faults
from cartera.duck import attach, connect, identifier, literal, postgres_extension, postgres_option
from cartera.errors import CarteraError, LockBusy, RefusedByData, UsageError
from cartera.publications import Publication
from cartera.settings import Settings

# Of the restricted file only what marketing needs; how ids came about is nobody's in a database.
CONTACT_TABLES = ("golden_records",)
SCHEMAS = ("core", "marts", "meta", "contacts")
NEXT = "cartera_next_"
READER, MARKETING = "crm_reader", "crm_marketing"
COMMENT = "Cartera publication "
CONNECT_SECONDS = 15
# Below PostgreSQL's deadlock_timeout of a second: nobody is ever chosen as a victim.
LOCK_MILLISECONDS = 300
# One copy at a time: an advisory lock of this number.
COPY = 0x43617274
Tell = Callable[[str], None]


@dataclass(frozen=True)
class PostgresReport:
    """What was copied, and how long the load and the swap took."""

    publication_id: str
    rows: dict[str, int]
    load_seconds: float
    swap_seconds: float


def copy_postgres(
    settings: Settings, publication: Publication, progress: Tell | None = None
) -> PostgresReport:
    """Copy core, marts, meta and contacts to ``settings.postgres_url`` and swap them in.

    Whatever happens, the copy of before stays until the new one replaces it. Raises UsageError
    for an address, a role or a schema that cannot be used, LockBusy if another copy runs,
    RefusedByData if readers did not let go in time, CarteraError for what the server says.
    """
    tell = progress or (lambda line: None)
    if not settings.postgres_url:
        raise UsageError(
            "There is no address of a PostgreSQL database.", fix="Set CARTERA_POSTGRES_URL."
        )
    parts = _parts(settings.postgres_url)
    with _plain_errors(parts), closing(_connect(parts)) as server:
        server.autocommit = True
        with server.cursor() as cursor, _alone(cursor):
            _refuse_foreign(cursor)
            _make_roles(cursor)
            try:
                started = time.monotonic()
                _make_fresh(cursor, publication.publication_id)
                rows = _load(settings, publication, parts, tell)
                _grant(cursor, rows)
                loaded = time.monotonic()
                tell(f"postgres: {sum(rows.values()):,} rows of {len(rows)} tables loaded")
                _swap(cursor, settings.postgres_wait_seconds)
            except BaseException:
                # A dead server leaves them; the next copy drops them.
                with suppress(psycopg2.Error):
                    _drop_fresh(cursor)
                raise
    swapped = time.monotonic()
    tell(f"postgres: {publication.publication_id} is there")
    return PostgresReport(
        publication.publication_id, rows, round(loaded - started, 2), round(swapped - loaded, 2)
    )


def _parts(url: str) -> dict[str, str]:
    """The address in its parts. What is wrong with it is not quoted: it holds the password."""
    try:
        parts: dict[str, str] = parse_dsn(url)
    except psycopg2.Error:
        raise UsageError(
            "CARTERA_POSTGRES_URL cannot be read.",
            fix="Write postgresql://user:password@host:port/database, percent-encoded.",
        ) from None
    return {"connect_timeout": str(CONNECT_SECONDS), "application_name": "cartera", **parts}


def _connect(parts: dict[str, str]) -> Any:
    return psycopg2.connect(**parts)


@contextmanager
def _plain_errors(parts: dict[str, str]) -> Iterator[None]:
    """What the server says, as one line without the password."""
    try:
        yield
    except (psycopg2.Error, duckdb.Error) as error:
        text = " ".join(str(error).split())
        if parts.get("password"):
            text = text.replace(parts["password"], "***")
        raise CarteraError(
            f"PostgreSQL: the copy failed ({text.rstrip('.')}).",
            fix="The copy of before is untouched. Mend it, then `cartera export postgres`.",
        ) from None


@contextmanager
def _alone(cursor: Any) -> Iterator[None]:
    """The only copy that runs on this database; the lock goes with the connection."""
    cursor.execute("select pg_try_advisory_lock(%s)", [COPY])
    if not cursor.fetchone()[0]:
        raise LockBusy("Another copy to this PostgreSQL database is running.", fix="Wait for it.")
    yield


def _refuse_foreign(cursor: Any) -> None:
    """Raise UsageError for a schema of our names that somebody else made: it would be dropped."""
    names = [*SCHEMAS, *(NEXT + schema for schema in SCHEMAS)]
    cursor.execute(
        "select nspname from pg_namespace where nspname = any(%s) "
        "and coalesce(obj_description(oid, 'pg_namespace'), '') not like %s order by nspname",
        [names, f"{COMMENT}%"],
    )
    if found := cursor.fetchone():
        raise UsageError(
            f"PostgreSQL: the schema {found[0]!r} was not made by Cartera, and would be replaced.",
            fix="Name an empty database in CARTERA_POSTGRES_URL, or rename that schema.",
        )


def _make_roles(cursor: Any) -> None:
    for role in (READER, MARKETING):
        cursor.execute("select 1 from pg_roles where rolname = %s", [role])
        if cursor.fetchone():
            continue
        try:
            cursor.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
        except errors.DuplicateObject:
            continue
        except errors.InsufficientPrivilege:
            raise UsageError(
                f"PostgreSQL: there is no role {role}, and this user may not make it.",
                fix=f"Have an administrator run: create role {READER}; create role {MARKETING};",
            ) from None


def _make_fresh(cursor: Any, publication_id: str) -> None:
    """Empty schemas to load into, marked as ours, without what a killed copy left there."""
    _drop_fresh(cursor)
    for schema in SCHEMAS:
        cursor.execute(
            sql.SQL("create schema {0}; comment on schema {0} is {1}").format(
                sql.Identifier(NEXT + schema), sql.Literal(COMMENT + publication_id)
            )
        )


def _drop_fresh(cursor: Any) -> None:
    for schema in SCHEMAS:
        cursor.execute(
            sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(NEXT + schema))
        )


def _load(
    settings: Settings, publication: Publication, parts: dict[str, str], tell: Tell
) -> dict[str, int]:
    """Every table, by DuckDB's own binary COPY; returns their rows."""
    rows = {}
    with connect(settings) as duck:
        attach(duck, publication.warehouse, "warehouse", write=False)
        attach(duck, publication.contacts, "contacts", write=False)
        tables = duck.execute(
            "select database_name, schema_name, table_name from duckdb_tables() "
            "where (database_name = 'warehouse' and schema_name in ('core', 'marts', 'meta')) "
            "or (database_name = 'contacts' and schema_name = 'contacts' "
            "and list_contains($1, table_name)) order by all",
            [list(CONTACT_TABLES)],
        ).fetchall()
        _attach_server(duck, parts)
        try:
            for database, schema, table in tables:
                name = f"{identifier(schema)}.{identifier(table)}"
                target = f"server.{identifier(NEXT + schema)}.{identifier(table)}"
                copied = duck.execute(f"create table {target} as from {database}.{name}").fetchone()
                rows[f"{schema}.{table}"] = copied[0] if copied else 0
                faults.point("postgres.table")
        finally:
            # A server that died makes it fail; left open, the destructor would end the process.
            with suppress(duckdb.Error):
                duck.execute("detach server")
    return rows


def _attach_server(duck: duckdb.DuckDBPyConnection, parts: dict[str, str]) -> None:
    duck.execute(f"load {literal(postgres_extension())}")
    # PostgreSQL has no NUL in a text.
    duck.execute("set pg_null_byte_replacement = ''")
    secret = {name: name for name in ("host", "port", "user", "password")}
    secret["dbname"] = "database"
    given = "".join(
        f", {name} {literal(parts[part])}" for part, name in secret.items() if parts.get(part)
    )
    duck.execute(f"create or replace secret server (type postgres{given})")
    rest = " ".join(f"{k}={postgres_option(v)}" for k, v in parts.items() if k not in secret)
    duck.execute(f"attach {literal(rest)} as server (type postgres, secret server)")


def _grant(cursor: Any, rows: dict[str, int]) -> None:
    """Who may read what, and what the planner should know; before anybody can see the tables."""
    for schema in SCHEMAS:
        roles = [MARKETING] if schema == "contacts" else [READER, MARKETING]
        cursor.execute(
            sql.SQL(
                "grant usage on schema {0} to {1}; grant select on all tables in schema {0} to {1}"
            ).format(sql.Identifier(NEXT + schema), sql.SQL(", ").join(map(sql.Identifier, roles)))
        )
    for name in rows:
        schema, table = name.split(".", 1)
        cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(NEXT + schema, table)))


def _swap(cursor: Any, wait: float) -> None:
    """Put the new schemas in the place of the old ones. Raises RefusedByData after ``wait``."""
    deadline = time.monotonic() + wait
    older = _snapshots(cursor)
    while older:
        _wait(deadline, "a transaction that began before the copy is still open")
        older &= _snapshots(cursor)
    while not _swapped(cursor):
        _wait(deadline, "a reader holds the tables of before")


def _snapshots(cursor: Any) -> set[str]:
    """The transactions of others in this database that look at it as it was."""
    cursor.execute(
        "select l.virtualtransaction from pg_locks as l join pg_stat_activity as a using (pid) "
        "where l.locktype = 'virtualxid' and l.virtualxid = l.virtualtransaction "
        "and a.datname = current_database() and a.backend_xmin is not null "
        "and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()"
    )
    return {row[0] for row in cursor.fetchall()}


def _wait(deadline: float, why: str) -> None:
    if time.monotonic() >= deadline:
        raise RefusedByData(
            f"PostgreSQL: {why}, and the new tables cannot take their place.",
            fix="The copy of before is untouched. End that query, then `cartera export postgres`; "
            "or raise CARTERA_POSTGRES_WAIT_SECONDS.",
        )
    time.sleep(0.1)


def _swapped(cursor: Any) -> bool:
    """One try at the swap, in one transaction; False if a reader was in the way."""
    cursor.execute("begin")
    try:
        cursor.execute(f"set local lock_timeout = {LOCK_MILLISECONDS:d}")
        cursor.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2",
            [list(SCHEMAS)],
        )
        old = [sql.Identifier(schema, table) for schema, table in cursor.fetchall()]
        if old:
            tables = sql.SQL(", ").join(old)
            cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(tables))
            # Not cascading: what others hung on the tables is not ours to drop.
            cursor.execute(sql.SQL("drop table {}").format(tables))
        for schema in SCHEMAS:
            cursor.execute(
                sql.SQL("drop schema if exists {0}; alter schema {1} rename to {0}").format(
                    sql.Identifier(schema), sql.Identifier(NEXT + schema)
                )
            )
        faults.point("postgres.renamed")
        cursor.execute("commit")
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        cursor.execute("rollback")
        return False
    except errors.DependentObjectsStillExist as error:
        cursor.execute("rollback")
        detail = " ".join((error.diag.message_detail or "").split())
        raise RefusedByData(
            f"PostgreSQL: something of yours hangs on the tables of before ({detail}).",
            fix="Drop it and make it again after each copy, or ask the tables directly.",
        ) from None
    except psycopg2.Error:
        with suppress(psycopg2.Error):
            cursor.execute("rollback")
        raise
    return True
