"""Secrets stay where they are: not in SQL, not in a table, not in what a command says or writes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from cartera.settings import Settings
from tests.cartera.calling import Run
from tests.identity.conftest import World, person

__all__ = ["person"]

KEY = "c4nary key/of:these tests"
PASSWORD = "c4nary-p@ss/word"
FORMS = {
    form
    for secret in (KEY, PASSWORD)
    for form in (
        secret,
        quote(secret, safe=""),
        secret.encode().hex(),
        base64.b64encode(secret.encode()).decode(),
    )
}


def shown(text: str) -> list[str]:
    return sorted(form for form in FORMS if form in text)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """Connections that write down each statement that they run."""
    opened = []
    connect = duckdb.connect

    def connecting(*words: Any, **more: Any) -> duckdb.DuckDBPyConnection:
        connection = connect(*words, **more)
        connection.execute("call enable_logging('QueryLog')")
        opened.append(connection)
        return connection

    monkeypatch.setattr(duckdb, "connect", connecting)
    yield opened
    for connection in opened:
        connection.close()


def test_the_key_of_the_ids_is_in_no_statement_and_no_table(
    tmp_path: Path,
    logged: list[duckdb.DuckDBPyConnection],
    person: Callable[..., dict[str, Any]],
) -> None:
    settings = Settings(home=tmp_path, hash_key=KEY)
    settings.state.mkdir()
    world = World(settings)
    ids = world.resolve([person("crm", 1, "Ana Gil", email="ana@example.com")])
    assert list(ids) == ["crm:1"]
    statements = [
        message
        for connection in logged
        for (message,) in connection.execute("select message from duckdb_logs").fetchall()
    ]
    assert any("identity_map" in statement for statement in statements)
    assert shown("\n".join(statements)) == []
    for database, schema, table in world.connection.execute(
        "select database_name, schema_name, table_name from duckdb_tables() where not internal"
    ).fetchall():
        rows = world.connection.execute(f"from {database}.{schema}.{table}").fetchall()
        assert shown(repr(rows)) == [], table


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "--json"],
        ["doctor"],
        ["doctor", "--json"],
        ["export", "postgres"],
        ["audience", "list"],
        ["ingest", "nobody"],
    ],
)
def test_no_command_shows_a_secret_of_the_settings(
    published: Settings, run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    url = f"postgresql://reader:{quote(PASSWORD, safe='')}@127.0.0.1:9/nowhere"
    monkeypatch.setenv("CARTERA_POSTGRES_URL", url)
    monkeypatch.setenv("CARTERA_HASH_KEY", KEY)
    ended = run(*command)
    assert ended.out + ended.err
    assert shown(ended.out + ended.err) == []
    for path in published.home.rglob("*"):
        if path.is_file():
            assert shown(path.read_bytes().decode("latin-1")) == [], path


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings(hash_key=KEY, postgres_url=f"postgresql://u:{PASSWORD}@h/d")
    assert shown(repr(settings) + str(settings)) == []
