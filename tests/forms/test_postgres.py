"""A real PostgreSQL: readers see one publication or another, whole, and no more than their role."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import duckdb
import psycopg2
import pytest

from cartera import faults, records
from cartera.arrows import export_postgres
from cartera.arrows.copying import copy_published, failed_copies
from cartera.errors import CarteraError, LockBusy, RefusedByData, UsageError
from cartera.forms import postgres as copier
from cartera.publications import Publication
from cartera.settings import CHECKOUT, Settings
from tests.cartera.calling import Run
from tests.cartera.test_publications import name
from tests.forms.conftest import ROWS

Publish = Callable[[int], Publication]


def ask(connection: Any, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def one(connection: Any, query: str) -> Any:
    return ask(connection, query)[0][0]


def schemas(database: Any) -> list[str]:
    found = ask(
        database, "select nspname from pg_namespace where nspname !~ '^(pg_|info)' order by 1"
    )
    return [row[0] for row in found]


COPY = """
from cartera import publications
from cartera.forms.postgres import copy_postgres
from cartera.settings import load_settings
settings = load_settings()
copy_postgres(settings, publications.current(settings))
"""
WHOLE = ["contacts", "core", "marts", "meta", "public"]
SEEN = """
    select
        (select publication_id from meta.publication),
        (select min(publication) || max(publication) || count(*) from core.fct_orders),
        (select max(publication) from marts.kpi_values)
"""


def seen(number: int) -> list[tuple[str, ...]]:
    return [(name(number), f"{name(number)}{name(number)}{ROWS}", name(number))]


def test_the_copy_has_the_same_rows_of_the_same_types(
    settings: Settings, database: Any, publish: Publish
) -> None:
    publication = publish(1)
    report = export_postgres(settings)
    assert report.rows["core.fct_orders"] == ROWS
    assert schemas(database) == WHOLE
    assert ask(database, SEEN) == seen(1)
    with duckdb.connect(str(publication.warehouse), read_only=True) as duck:
        for table in ('core."odd ""one"', "meta.publication", "marts.empty", "marts.kpi_values"):
            told = duck.execute(f"from {table} order by 1").fetchall()
            # PostgreSQL has no NUL in a text; nan is not equal to itself.
            expected = [[v.replace("\0", "") if isinstance(v, str) else v for v in r] for r in told]
            found = [list(row) for row in ask(database, f"select * from {table} order by 1")]
            assert repr(found) == repr(expected), table
    types = ask(
        database,
        "select column_name, data_type, numeric_precision, numeric_scale "
        "from information_schema.columns where table_name = 'odd \"one' order by ordinal_position",
    )
    assert [row[1] for row in types] == [
        *("integer", "character varying", "numeric", "double precision", "boolean", "date")
    ]
    assert types[2][2:] == (18, 2)


def login(database: Any, user: str, role: str | None) -> Any:
    ask(database, f"create role {user} login" + (f" in role {role}" if role else ""))
    return psycopg2.connect(**(database.get_dsn_parameters() | {"user": user}))


@pytest.mark.parametrize(
    ("role", "may"),
    [("crm_reader", ("core", "meta")), ("crm_marketing", ("core", "meta", "contacts")), (None, ())],
)
def test_a_role_reads_what_it_is_for_and_writes_nothing(
    settings: Settings, database: Any, publish: Publish, role: str | None, may: tuple[str, ...]
) -> None:
    publish(1)
    export_postgres(settings)
    publish(2)
    export_postgres(settings)
    reader = login(database, "ana", role)
    reader.autocommit = True
    queries = {
        "core": "select * from core.fct_orders",
        "meta": "select * from meta.publication",
        "contacts": "select email from contacts.golden_records",
    }
    for schema, query in queries.items():
        if schema in may:
            assert ask(reader, query)
            for write in ("insert into {} select * from {}", "delete from {}", "drop table {}"):
                table = query.split(" from ")[1]
                with pytest.raises(psycopg2.Error):
                    ask(reader, write.format(table, table))
        else:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                ask(reader, query)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(reader, "create table core.mine (x int)")
    reader.close()


def test_of_the_restricted_file_only_contact_data_is_copied(
    settings: Settings, database: Any, publish: Publish
) -> None:
    publish(1)
    export_postgres(settings)
    tables = "select table_name from information_schema.tables where table_schema = 'contacts'"
    assert ask(database, tables) == [("golden_records",)]


@pytest.mark.parametrize("level", ["read committed", "repeatable read"])
@pytest.mark.parametrize("first", ["select max(publication) from marts.kpi_values", "select 1"])
def test_a_reader_in_a_transaction_sees_one_publication(
    settings: Settings, database: Any, publish: Publish, level: str, first: str
) -> None:
    publish(1)
    export_postgres(settings)
    publish(2)
    reader = psycopg2.connect(settings.postgres_url)
    reader.set_session(isolation_level=level)
    before = ask(reader, first)
    done = threading.Event()

    def copy() -> None:
        export_postgres(settings)
        done.set()

    thread = threading.Thread(target=copy)
    thread.start()
    # A reader that has seen nothing of the copy, and whose next look is a fresh one, hinders none.
    holds = (level, first) != ("read committed", "select 1")
    assert done.wait(timeout=2 if holds else 20) != holds
    assert ask(reader, SEEN) == seen(1 if holds else 2)
    assert ask(reader, first) == before
    reader.commit()
    assert done.wait(timeout=20)
    assert ask(reader, SEEN) == seen(2)
    thread.join()
    reader.close()


def test_readers_without_pause_see_no_mixture_and_no_error(
    settings: Settings, database: Any, publish: Publish
) -> None:
    publish(1)
    export_postgres(settings)
    stop = threading.Event()
    found: set[tuple[Any, ...]] = set()
    failed: list[BaseException] = []

    def read(level: str) -> None:
        connection = psycopg2.connect(settings.postgres_url)
        connection.set_session(isolation_level=level)
        try:
            while not stop.is_set():
                ids = [one(connection, "select publication_id from meta.publication")]
                ids.append(one(connection, "select max(publication) from marts.kpi_values"))
                rows = "select publication, count(*) from core.fct_orders group by 1"
                found.add((*ids, *ask(connection, rows)))
                connection.commit()
                time.sleep(0.01)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    readers = [
        threading.Thread(target=read, args=[level])
        for level in ("read committed", "repeatable read")
    ]
    for reader in readers:
        reader.start()
    for number in (2, 3):
        publish(number)
        export_postgres(settings)
    stop.set()
    for reader in readers:
        reader.join()
    assert failed == []
    assert found <= {(name(n), name(n), (name(n), ROWS)) for n in (1, 2, 3)}
    assert len(found) > 1


def test_a_reader_that_does_not_let_go_keeps_the_old_copy_and_is_told_of(
    settings: Settings, database: Any, publish: Publish
) -> None:
    publish(1)
    export_postgres(settings)
    publish(2)
    object.__setattr__(settings, "postgres_wait_seconds", 0.5)
    reader = psycopg2.connect(settings.postgres_url)
    ask(reader, SEEN)
    with pytest.raises(RefusedByData, match="a reader holds the tables"):
        export_postgres(settings)
    assert schemas(database) == WHOLE
    assert ask(database, SEEN) == seen(1)
    (line,) = failed_copies(settings)
    assert name(2) in line
    reader.close()
    export_postgres(settings)
    assert (ask(database, SEEN), failed_copies(settings)) == (seen(2), [])


@pytest.mark.parametrize(
    "point", [pytest.param("postgres.table:2", marks=pytest.mark.nightly), "postgres.renamed"]
)
def test_a_killed_copy_leaves_the_old_one_and_no_half(
    settings: Settings, database: Any, publish: Publish, point: str
) -> None:
    publish(1)
    export_postgres(settings)
    publish(2)
    environment = {
        **os.environ,
        "CARTERA_HOME": str(settings.home),
        "CARTERA_POSTGRES_URL": settings.postgres_url,
        "CARTERA_FAULT": point,
    }
    done = subprocess.run(
        [sys.executable, "-c", COPY],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    wait_until_nobody_copies(database)
    assert ask(database, SEEN) == seen(1)
    export_postgres(settings)
    assert (ask(database, SEEN), schemas(database)) == (seen(2), WHOLE)


def wait_until_nobody_copies(database: Any) -> None:
    deadline = time.monotonic() + 20
    query = "select count(*) from pg_stat_activity where application_name = 'cartera'"
    while one(database, query):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_that_breaks_off_leaves_the_old_copy_and_the_publication(
    settings: Settings, database: Any, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(1)
    export_postgres(settings)
    publication = publish(2)

    def point(where: str) -> None:
        if where == "postgres.table":
            ask(
                database,
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'cartera'",
            )

    monkeypatch.setattr(faults, "point", point)
    (line,) = copy_published(settings, publication, lambda line: None)
    assert line.startswith("postgres: PostgreSQL: the copy failed (")
    monkeypatch.undo()
    assert ask(database, SEEN) == seen(1)
    assert [r["error"] != "" for r in records.read(settings, "copies")] == [False, True]
    export_postgres(settings)
    assert (ask(database, SEEN), schemas(database)) == (seen(2), WHOLE)


def test_what_is_not_ours_is_neither_dropped_nor_written_to(
    settings: Settings, database: Any, publish: Publish
) -> None:
    publish(1)
    ask(database, "create schema marts; create table marts.mine as select 1 as x")
    with pytest.raises(UsageError, match="'marts' was not made by Cartera"):
        export_postgres(settings)
    assert schemas(database) == ["marts", "public"]
    ask(database, "alter schema marts rename to theirs")
    export_postgres(settings)
    ask(database, "create view public.report as select * from core.fct_orders")
    publish(2)
    with pytest.raises(RefusedByData, match=r"view report depends on table core\.fct_orders"):
        export_postgres(settings)
    assert one(database, "select count(*) from public.report") == ROWS
    assert (ask(database, SEEN), one(database, "select x from theirs.mine")) == (seen(1), 1)


def test_two_copies_at_once_are_one(settings: Settings, database: Any, publish: Publish) -> None:
    publish(1)
    ask(database, f"select pg_advisory_lock({copier.COPY})")
    with pytest.raises(LockBusy, match="Another copy"):
        export_postgres(settings)


def test_a_user_who_may_not_make_roles_is_told_what_to_run(
    settings: Settings, database: Any, publish: Publish
) -> None:
    publish(1)
    ask(database, "create role stranger login; grant create on database crm to stranger")
    parts = database.get_dsn_parameters()
    url = f"postgresql://stranger@/crm?host={parts['host'].replace('/', '%2F')}"
    object.__setattr__(settings, "postgres_url", url)
    with pytest.raises(UsageError, match="no role crm_reader") as error:
        export_postgres(settings)
    assert "create role crm_marketing" in error.value.fix
    ask(database, "create role crm_reader; create role crm_marketing")
    export_postgres(settings)
    assert ask(database, SEEN) == seen(1)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:c4nary-word@[::1/crm",
        "postgresql://ana:c4nary-word@127.0.0.1:1/crm",
        "host=127.0.0.1 port=1 password=c4nary-word nonsense=1",
    ],
)
def test_no_error_tells_the_password(
    settings: Settings, publish: Publish, run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    publish(1)
    monkeypatch.setenv("CARTERA_POSTGRES_URL", url)
    ended = run("export", "postgres", "--json")
    assert ended.code in (2, 3)
    assert json.loads(ended.out)["fix"]
    assert "c4nary" not in ended.out + ended.err + repr(settings) + json.dumps(
        records.read(settings, "copies")
    )


def test_without_an_address_or_a_publication_there_is_nothing_to_copy(
    settings: Settings, publish: Publish
) -> None:
    with pytest.raises(RefusedByData, match="Nothing has been published"):
        export_postgres(settings)
    publication = publish(1)
    with pytest.raises(CarteraError, match="no address"):
        export_postgres(settings)
    assert copy_published(settings, publication, lambda line: None) == []
