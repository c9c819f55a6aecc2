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
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.homes import (
    SYSTEM,
    connection,
    contract,
    fetch,
    inbox,
    write,
)
from tests.ingestion.connectors.products_table import (
    ORDERS,
    SNAPSHOT,
    TABLE,
    insert,
    rows,
)


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
