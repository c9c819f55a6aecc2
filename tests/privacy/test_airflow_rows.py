"""What Airflow kept of a task that named somebody goes; nothing else does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from cartera.errors import CarteraError
from cartera.privacy import airflow_rows
from cartera.privacy.airflow_rows import remove_airflow_rows
from cartera.privacy.scan import scan
from cartera.settings import Settings

VALUES = {
    "email": ["ana.gil@example.com"],
    "phone": ["600 111 222", "+34600111222"],
    "record": ["A-10017"],
}
RETURNED = [
    '{"passed_over": ["crm/Ana.Gil@example.com/1.csv: still being written"]}',
    '{"problems": ["no number +34 600-111-222"]}',
    '{"held": ["a-10017"]}',
    '{"received": 600111, "delivery": "crm/2026-01-02.csv"}',
]


@pytest.fixture
def database(settings: Settings) -> Iterator[sqlite3.Connection]:
    path = settings.state / "airflow" / "airflow.db"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("create table xcom (task_id text, value json)")
        opened.executemany("insert into xcom values ('ingest', ?)", [(r,) for r in RETURNED])
        opened.execute("create table log (event text, extra text, more blob)")
        opened.execute("insert into log values ('run', null, ?)", [b"ana.gil@example.com"])
        opened.execute("insert into log values ('run', null, null)")
        opened.execute("create table dag (dag_id text)")
    with closing(sqlite3.connect(path)) as opened:
        yield opened


def test_rows_that_name_somebody_go_and_their_bytes_with_them(
    settings: Settings, database: sqlite3.Connection
) -> None:
    path = settings.state / "airflow" / "airflow.db"
    assert scan(settings, VALUES, "state").held_by == {"state/airflow/airflow.db"}
    assert remove_airflow_rows(settings, VALUES) == 4
    assert database.execute("select value from xcom").fetchall() == [(RETURNED[-1],)]
    assert database.execute("select event from log").fetchall() == [("run",)]
    assert scan(settings, VALUES, "state").held_by == set()
    assert b"gil@example" not in path.read_bytes().lower()
    assert remove_airflow_rows(settings, VALUES) == 0


def test_a_database_in_use_is_told_of(
    settings: Settings, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("begin exclusive")
    connect = sqlite3.connect
    monkeypatch.setattr(
        airflow_rows.sqlite3, "connect", lambda path, timeout: connect(path, timeout=0)
    )
    with pytest.raises(CarteraError, match="cannot be cleaned"):
        remove_airflow_rows(settings, VALUES)


def test_without_airflow_there_is_nothing_to_do(settings: Settings) -> None:
    assert remove_airflow_rows(settings, VALUES) == 0
