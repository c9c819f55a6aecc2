"""Tables of a real PostgreSQL: typed, in one snapshot, by cursor without loss."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from cartera.errors import CarteraError, ContractError, RefusedByData, UsageError
from cartera.settings import Settings
from ingestion.connectors import postgres as reader
from ingestion.connectors import sql as tables
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.homes import (
    SYSTEM,
    connection,
    contract,
    done,
    fetch,
    inbox,
    land,
    landed,
    write,
)

ORDERS = """
    kind: sql
    credentials: erp_db
    fetch:
      - {table: public.products, to: products, mode: increment, cursor: changed, overlap: 1 hour}
"""
SNAPSHOT = """
    kind: sql
    credentials: erp_db
    fetch:
      - {table: products, to: products, mode: snapshot}
"""
TABLE = "create table products (id int primary key, name text, cost numeric, changed timestamptz)"


def insert(postgres: Any, key: int, name: str, changed: str | None) -> None:
    postgres.execute(
        "insert into products values (%s, %s, 1.10, %s) on conflict (id) do update "
        "set name = excluded.name, changed = excluded.changed",
        (key, name, changed),
    )


def rows(settings: Settings) -> list[tuple[Any, ...]]:
    """The rows of the newest file."""
    path = inbox(settings)[-1]
    return duckdb.sql(f"select id, name from read_parquet('{path}') order by id").fetchall()


def test_only_what_is_new_comes_and_what_came_late_within_the_overlap(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS)
    postgres.execute(TABLE)
    insert(postgres, 1, "one", "2026-01-01 10:00+00")
    insert(postgres, 2, "two", "2026-01-01 12:00+00")
    insert(postgres, 3, "never dated", None)
    assert fetch(settings)["files"] == 1
    assert rows(settings) == [(1, "one"), (2, "two"), (3, "never dated")]
    insert(postgres, 4, "committed late", "2026-01-01 11:30+00")
    insert(postgres, 5, "too late", "2026-01-01 10:59+00")
    insert(postgres, 1, "one, changed", "2026-01-02 09:00+02")
    assert fetch(settings)["files"] == 1
    assert rows(settings) == [
        (1, "one, changed"),
        (2, "two"),
        (3, "never dated"),
        (4, "committed late"),
    ]
    land(settings)
    assert landed(settings) == {
        "1": "one, changed",
        "2": "two",
        "3": "never dated",
        "4": "committed late",
    }
    assert [r["cursor"] for r in done(settings)] == [
        "2026-01-01 12:00:00+00",
        "2026-01-02 07:00:00+00",
    ]


def test_nothing_new_makes_no_file(settings: Settings, postgres: Any) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS)
    postgres.execute(TABLE)
    assert fetch(settings)["files"] == 0
    insert(postgres, 1, "one", "2026-01-01 10:00+00")
    assert fetch(settings)["files"] == 1
    for _ in range(2):
        assert (fetch(settings)["already"], len(inbox(settings))) == (1, 1)
    insert(postgres, 1, "uno", "2026-01-01 10:00+00")
    assert (fetch(settings)["files"], len(inbox(settings))) == (1, 2)


def test_a_row_from_the_future_does_not_carry_the_cursor_there(
    settings: Settings, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-01-02T00:00:00Z")
    contract(settings, "parquet")
    connection(settings, ORDERS)
    postgres.execute(TABLE)
    insert(postgres, 1, "one", "2026-01-01 10:00+00")
    insert(postgres, 2, "typo", "2062-01-01 10:00+00")
    insert(postgres, 3, "open end", "infinity")
    fetch(settings)
    insert(postgres, 4, "new", "2026-01-01 11:00+00")
    fetch(settings)
    assert rows(settings) == [(1, "one"), (2, "typo"), (3, "open end"), (4, "new")]


def test_a_cursor_of_numbers_counts_with_a_number_of_overlap(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS.replace("changed, overlap: 1 hour", "id, overlap: 2"))
    postgres.execute(TABLE)
    for key in range(1, 12):
        insert(postgres, key, "x", None)
    fetch(settings)
    insert(postgres, 12, "y", None)
    fetch(settings)
    assert [row[0] for row in rows(settings)] == [9, 10, 11, 12]


def test_a_snapshot_comes_whole_and_what_is_gone_is_gone_in_it(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(TABLE)
    for key in (1, 2):
        insert(postgres, key, "x", "2026-01-01")
    fetch(settings)
    assert fetch(settings)["already"] == 1
    postgres.execute("delete from products where id = 1")
    fetch(settings)
    assert rows(settings) == [(2, "x")]
    # Back to what it was is a delivery like any other.
    insert(postgres, 1, "x", "2026-01-01")
    fetch(settings)
    assert rows(settings) == [(1, "x"), (2, "x")]
    assert [path.name for path in inbox(settings)] == sorted(
        record["file"].split("/")[-1] for record in done(settings)
    )


def test_a_snapshot_that_is_suddenly_empty_is_not_believed(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(TABLE)
    insert(postgres, 1, "x", "2026-01-01")
    fetch(settings)
    postgres.execute("truncate products")
    with pytest.raises(RefusedByData, match="is empty, and a snapshot of it would remove"):
        fetch_system(settings, SYSTEM)
    assert len(inbox(settings)) == 1
    connection(settings, SNAPSHOT.replace("mode: snapshot", "mode: snapshot, may_be_empty: true"))
    assert fetch(settings)["files"] == 1
    assert rows(settings) == []


def test_all_tables_are_read_as_they_were_at_one_moment_and_nothing_is_written(
    settings: Settings, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(
        settings,
        SNAPSHOT + "      - {table: other, to: products/other, mode: snapshot}\n",
    )
    postgres.execute(TABLE)
    postgres.execute("create table other as table products")
    postgres.execute("alter table other add column isolation text, add column writes text")
    insert(postgres, 1, "x", "2026-01-01")
    postgres.execute("insert into other (id, name) values (1, 'x')")
    write_ = reader.PostgresReader.write

    def writes_meanwhile(self: Any, table: Any, floor: Any, part: Any) -> None:
        write_(self, table, floor, part)
        assert self._duck.execute(
            "from postgres_query('source', 'select current_setting(''transaction_isolation'') a, "
            "current_setting(''transaction_read_only'') b')"
        ).fetchall() == [("repeatable read", "on")]
        postgres.execute("insert into other (id, name) values (2, 'later')")
        insert(postgres, 2, "later", "2026-01-01")

    monkeypatch.setattr(reader.PostgresReader, "write", writes_meanwhile)
    fetch_system(settings, SYSTEM)
    assert len(inbox(settings)) == 2
    for path in inbox(settings):
        found = duckdb.sql(f"select id, name from read_parquet('{path}')").fetchall()
        assert found == [(1, "x")]


def test_values_keep_their_type_and_their_last_digit(settings: Settings, postgres: Any) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(
        "create type mood as enum ('calm'); create table products as select 1::bigint id, "
        "'ñ😀' || chr(10) as name, 0.1234567890123456789::numeric as cost, "
        "12345678901234.56::numeric(18,2) as price, '2026-03-29 02:30+01'::timestamptz as changed, "
        "'2026-03-29 02:30'::timestamp as local, date '2026-03-29' as day, true as yes, "
        "'calm'::mood as mood, '{\"a\": [1]}'::jsonb as doc, '{1,2}'::int[] as list, "
        "gen_random_uuid() as uuid, null::text as nothing, 1.5::real as r, "
        "interval '1 day' as gap, 'x'::char(3) as fixed"
    )
    fetch(settings)
    (path,) = inbox(settings)
    table = duckdb.sql(f"select * exclude (uuid) from read_parquet('{path}')").to_arrow_table()
    (row,) = table.to_pylist()
    assert row == {
        "id": 1,
        "name": "ñ😀\n",
        "cost": "0.1234567890123456789",
        "price": Decimal("12345678901234.56"),
        "changed": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        "local": datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001 (the column has no zone)
        "day": datetime(2026, 3, 29, tzinfo=UTC).date(),
        "yes": True,
        "mood": "calm",
        "doc": '{"a": [1]}',
        "list": "{1,2}",
        "nothing": None,
        "r": 1.5,
        "gap": "1 day",
        "fixed": "x",
    }


LARGE = (
    "create table products as select i as id, 'n' || i as name, repeat('x', 100) as padding, "
    "(i * 0.01)::numeric(10, 2) as cost, timestamptz '2026-01-01' as changed "
    "from generate_series(1, 30000) i"
)
RANGES = (
    "select query::text from pg_stat_activity where usename = 'reader' "
    "and query ilike '%WHERE ctid BETWEEN%' and pid <> pg_backend_pid()"
)


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch, postgres: Any) -> list[str]:
    """A few pages make a table large; the ranges that connections had read last."""
    asked: list[str] = []
    opened, written = tables.open_postgres, reader.PostgresReader.write

    def in_small_ranges(duck: Any, credentials: Any) -> Any:
        found = opened(duck, credentials)
        duck.execute("set pg_pages_per_task = 50")
        return found

    def watched(self: Any, *given: Any) -> None:
        written(self, *given)
        postgres.execute(RANGES)
        asked.extend(query for (query,) in postgres.fetchall())

    monkeypatch.setattr(reader.PostgresReader, "write", watched)
    monkeypatch.setattr(reader, "LARGE_PAGES", 100)
    monkeypatch.setattr(tables, "open_postgres", in_small_ranges)
    return asked


def test_a_large_table_is_read_in_ranges_at_one_moment(
    settings: Settings, postgres: Any, ranges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(LARGE)
    postgres.execute("analyze products")
    looked = reader.PostgresReader._large_heap

    def and_then_it_changes(self: Any, table: Any) -> str:
        found = looked(self, table)
        postgres.execute("update products set name = 'later' where id % 3 = 0")
        postgres.execute("delete from products where id % 7 = 0")
        return found

    monkeypatch.setattr(reader.PostgresReader, "_large_heap", and_then_it_changes)
    fetch(settings)
    assert ranges
    assert rows(settings) == [(key, f"n{key}") for key in range(1, 30_001)]
    monkeypatch.setattr(reader.PostgresReader, "_large_heap", looked)
    fetch(settings)
    after = [(key, "later" if key % 3 == 0 else f"n{key}") for key in range(1, 30_001) if key % 7]
    assert rows(settings) == after


def test_a_large_table_that_has_not_changed_is_not_delivered_again(
    settings: Settings, postgres: Any, ranges: list[str]
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(LARGE)
    postgres.execute("analyze products")
    assert fetch(settings)["files"] == 1
    # The same rows at other places of the heap, and so in another order.
    postgres.execute("update products set name = name where id < 10000")
    for _ in range(2):
        assert (fetch(settings)["already"], len(inbox(settings))) == (1, 1)
    assert ranges
    postgres.execute("update products set name = 'x' where id = 29999")
    assert fetch(settings)["files"] == 1
    postgres.execute("alter table products rename padding to filling")
    assert fetch(settings)["files"] == 1


def test_one_connection_and_several_read_the_same_values(
    settings: Settings, postgres: Any, ranges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(
        "create table products as select i::smallint as id, 'ñ😀' || chr(10) || i as name, "
        "(i / 7.0)::numeric(38, 20) as cost, i::real / 3 as r, i::float8 / 3 as d, "
        "i % 2 = 0 as yes, date '2026-03-29' - i as day, 'x'::char(3) as fixed, "
        "('y' || i)::varchar(20) as v, decode(md5(i::text), 'hex') as b, i::bigint as big, "
        "case when i % 5 > 0 then timestamptz '2026-03-29 02:30+01' + i * interval '1 s' end c, "
        "timestamp '2026-03-29 02:30:00.123456' + i * interval '1 day' as local, "
        "case when i = 9 then 'infinity'::timestamptz end as open_end, repeat('x', 100) as padding "
        "from generate_series(1, 20000) i"
    )
    postgres.execute("analyze products")
    fetch(settings)
    assert ranges
    ranges.clear()
    monkeypatch.setattr(reader, "LARGE_PAGES", 1_000_000)
    # Nothing is new: the digest is that of names, types and values.
    assert fetch(settings)["already"] == 1
    assert ranges == []


def test_tables_whose_names_differ_in_case_alone_are_told_apart(
    settings: Settings, postgres: Any, ranges: list[str]
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT.replace("table: products", "table: Products"))
    postgres.execute(LARGE)
    postgres.execute(
        "create table \"Products\" as select id, 'other' as name, padding from products"
    )
    postgres.execute("analyze")
    fetch(settings)
    assert ranges == []
    assert {name for _, name in rows(settings)} == {"other"}


def test_names_are_quoted_not_pasted(settings: Settings, postgres: Any) -> None:
    contract(settings, "parquet", "snapshot")
    connection(
        settings,
        "kind: sql\ncredentials: erp_db\nfetch:\n"
        "  - {table: 'odd \"; drop table kept; --', to: products, mode: snapshot,\n"
        '     columns: ["it\'s", id]}\n',
    )
    postgres.execute("create table kept (a int)")
    postgres.execute(
        'create table "odd ""; drop table kept; --" (id int, "it\'s" text, left_out int)'
    )
    postgres.execute('insert into "odd ""; drop table kept; --" values (1, \'x\', 2)')
    fetch(settings)
    (path,) = inbox(settings)
    assert duckdb.sql(f"from read_parquet('{path}')").columns == ["it's", "id"]
    postgres.execute("table kept")


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (("public.products", "public.nothing"), RefusedByData, "no table 'public.nothing'"),
        (("cursor: changed", "cursor: when"), RefusedByData, "no column 'when'"),
        (("cursor: changed", "cursor: name"), RefusedByData, "is VARCHAR: no cursor"),
        (("overlap: 1 hour", "overlap: 3"), RefusedByData, "The cursor is a time"),
        (("cursor: changed, ", ""), ContractError, "mode increment needs a cursor"),
        (("mode: increment, cursor: changed,", "mode: snapshot,"), ContractError, "delivery"),
    ],
)
def test_what_cannot_work_is_said(
    settings: Settings,
    postgres: Any,
    change: tuple[str, str],
    error: type[CarteraError],
    says: str,
) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS.replace(*change))
    postgres.execute(TABLE)
    insert(postgres, 1, "x", "2026-01-01")
    with pytest.raises(error, match=says):
        fetch_system(settings, SYSTEM)
    assert inbox(settings) == []


def test_a_server_that_goes_away_ends_in_an_error_and_the_next_fetch_is_whole(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(
        "create table products as select i as id, md5(i::text) as name, 1 as cost, "
        "now() as changed from generate_series(1, 400000) i"
    )
    ended = threading.Event()

    def end_it() -> None:
        while not ended.is_set():
            postgres.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where usename = 'reader' and query ilike 'copy%'"
            )

    thread = threading.Thread(target=end_it)
    thread.start()
    try:
        with pytest.raises(CarteraError):
            fetch_system(settings, SYSTEM)
    finally:
        ended.set()
        thread.join()
    assert inbox(settings) == []
    fetch(settings)
    assert len(rows(settings)) == 400_000


def test_a_wrong_password_is_refused_without_showing_it(
    settings: Settings, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", "postgresql://nobody:wr0ngpass@127.0.0.1:1/x")
    with pytest.raises(CarteraError) as caught:
        fetch_system(settings, SYSTEM)
    assert "wr0ngpass" not in str(caught.value)
    assert caught.value.__context__ is None
    monkeypatch.delenv("CARTERA_CONN_ERP_DB")
    with pytest.raises(UsageError, match="CARTERA_CONN_ERP_DB"):
        fetch_system(settings, SYSTEM)


def test_a_connection_to_a_folder_that_no_contract_reads_is_refused(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet", "snapshot")
    path = connection(settings, SNAPSHOT.replace("to: products", "to: elsewhere"))
    with pytest.raises(ContractError, match="no contract of erp takes inbox folder 'elsewhere'"):
        fetch_system(settings, SYSTEM)
    write(path, path.read_text() + "password: x\n")
    with pytest.raises(ContractError, match=r"password: no such field"):
        fetch_system(settings, SYSTEM)
