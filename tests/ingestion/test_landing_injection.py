"""No text of a delivery is ever SQL: not a value, a header, a key, a file's name or a correction.

A table stands in the connection that lands and replays; a statement out of the data would drop it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera.duck import connect
from cartera.settings import Settings
from ingestion import landing, replay, rows
from ingestion.corrections import of_line
from ingestion.spreadsheet import from_file
from tests.ingestion.acme import Acme, contract
from tests.ingestion.replaying import again, edited, only

DROP = "drop table canary"
PAYLOADS = [
    f"x'; {DROP}; --",
    f'x"; {DROP}; --',
    f"x'); {DROP}; --",
    f'x"); {DROP}; --',
    f"'}}]); {DROP}; --",
    f"x' || (select 1); {DROP}; /*",
    f"$1; {DROP}",
    f"x\\'; {DROP}; --",
]


class Canary:
    """Tables of the connections that landing and replays worked with, and whether all live."""

    def __init__(self) -> None:
        self.opened = 0
        self.died = 0

    @contextmanager
    def connect(self, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
        with connect(settings) as connection:
            connection.execute("create table canary as select 42 as kept")
            self.opened += 1
            try:
                yield connection
            finally:
                # By the catalogue: a name alone would be looked for among Python's variables too.
                alive = connection.execute(
                    "select estimated_size from duckdb_tables() where table_name = 'canary'"
                ).fetchall()
                self.died += alive != [(1,)]


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Canary:
    made = Canary()
    for module in (landing, replay):
        monkeypatch.setattr(module, "connect", made.connect)
    return made


def as_csv(payload: str) -> bytes:
    cell = '"' + payload.replace('"', '""') + '"'
    return f"id,name,price,{cell}\n1,{cell},1,{cell}\n2,{cell},{cell},{cell}\n".encode()


def as_jsonl(payload: str) -> bytes:
    lines = [
        {"id": 1, "name": payload, "price": "1", payload: payload},
        {"id": 2, "name": payload, "price": payload, payload: {payload: [payload]}},
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


WRITERS: dict[str, Callable[[str], bytes]] = {"csv": as_csv, "jsonl": as_jsonl}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_nothing_in_a_delivery_or_its_correction_is_run(
    acme: Acme, canary: Canary, kind: str, payload: str
) -> None:
    values: dict[str, Any] = {
        "format": {"type": kind},
        "columns": {"product_id": "id", "name": "name", "list_price": "price", "brand": "_file"},
        "new_columns": "add",
    }
    name = payload.replace("/", "") + f".{kind}"
    old = acme.land(WRITERS[kind](payload), name, **values)
    assert (old.accepted, old.quarantined, canary.opened) == (1, 1, 1)
    # It was data, and still is.
    assert acme.rows(old, "name, brand") == [(payload, name.removesuffix(f".{kind}"))]
    which = contract(**values)
    line = 2 if kind == "jsonl" else 3
    failed = again(acme, which, old, of_line(acme.settings, line, {"name": DROP}))
    assert failed.landed == 0
    path = edited(acme, old, acme.settings.home / "rows.csv")
    again(acme, which, old, from_file(acme.settings, path))
    fixed = of_line(acme.settings, line, {"price": "2", "name": payload})
    assert again(acme, which, old, fixed).landed == 1
    assert acme.column(only(acme), "name") == [payload, payload]
    assert (canary.opened, canary.died) == (4, 0)


def test_the_canary_dies_where_one_text_is_pasted(
    acme: Acme, canary: Canary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The test above can fail: here the name of the file is put into the statement as it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rows, "literal", lambda text: f"'{text}'")
    ends = f"x' as v2 from whole) select 1) to 'out' (format csv); {DROP}; --"
    acme.deliver(b"id\n1\n", f"{ends}.csv")
    with pytest.raises(duckdb.IOException, match="No files found"):
        acme.ingest(contract(columns={"product_id": "id", "brand": "_file"}))
    assert (canary.opened, canary.died) == (1, 1)
