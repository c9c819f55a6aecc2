"""Tombstones: keyed hashes of what an erased person was known by, so that nobody brings it back.

``state/tombstones.parquet`` has one row per kind and value. A ``record`` is a system and an id in
it; ``email``, ``phone``, ``tax_id`` and ``loyalty_number`` are there in the form that identity
compares, and only where they were that person's alone; a ``device`` is a browser that nobody
else logged in on. Whoever holds a value and this company's key can ask whether it was erased;
nobody can read from the file who was.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cartera.duck import identifier
from cartera.files import write_whole
from cartera.keys import SEPARATOR, hash_key, keyed_hash, keyed_hashes
from cartera.settings import Settings

KINDS = ("record", "email", "phone", "tax_id", "loyalty_number", "device")
SCHEMA = pa.schema([("kind", pa.string()), ("hash", pa.string()), ("erasure_id", pa.string())])


def tombstone_file(settings: Settings) -> Path:
    """Where they stand; whoever restores a backup keeps the one of today."""
    return settings.state / "tombstones.parquet"


def are_there(settings: Settings) -> bool:
    """Whether anybody was ever erased."""
    return tombstone_file(settings).exists()


def joined(system: str, name: str) -> str:
    """A record or a device as one value."""
    return f"{system}{SEPARATOR}{name}"


def add(settings: Settings, erasure_id: str, values: Iterable[tuple[str, str]]) -> None:
    """Set tombstones for (kind, value); those that stand already stay."""
    key = hash_key(settings)
    rows = {(row["kind"], row["hash"]): row["erasure_id"] for row in _load(settings).to_pylist()}
    for kind, value in values:
        rows.setdefault((kind, _hash(key, kind, value)), erasure_id)
    table = pa.Table.from_pylist(
        [{"kind": k, "hash": h, "erasure_id": e} for (k, h), e in sorted(rows.items())],
        schema=SCHEMA,
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_whole(tombstone_file(settings), sink.getvalue().to_pybytes(), mode=0o600)


def count(settings: Settings) -> int:
    """How many stand."""
    return int(_load(settings).num_rows)


def find_gone(
    settings: Settings, connection: duckdb.DuckDBPyConnection, query: str, target: str
) -> int:
    """Temp table ``target``: rows of ``query`` that have a tombstone; returns how many.

    ``query`` yields ``kind``, ``value`` and whatever else is to be kept of them; only its
    distinct values are hashed.
    """
    table = identifier(target)
    connection.execute(f"create or replace temp table candidates as {query}")
    stones = _load(settings)
    found = []
    key = hash_key(settings)
    for kind in KINDS:
        of_kind = stones.filter(pa.compute.equal(stones["kind"], kind))
        if not of_kind.num_rows:
            continue
        values = connection.execute(
            "select distinct value from candidates where kind = ? and value is not null", [kind]
        ).to_arrow_table()["value"]
        hashes = keyed_hashes(key, pa.array([f"{kind}{SEPARATOR}{v}" for v in values.to_pylist()]))
        is_gone = pa.compute.is_in(hashes, value_set=of_kind["hash"].combine_chunks())
        gone = values.combine_chunks().filter(is_gone)
        found.append(pa.table({"kind": pa.array([kind] * len(gone), pa.string()), "value": gone}))
    none = pa.table({"kind": pa.array([], pa.string()), "value": pa.array([], pa.string())})
    connection.register("gone_arrow", pa.concat_tables([none, *found]))
    connection.execute(
        f"create or replace temp table {table} as "
        "select candidates.* from candidates join gone_arrow using (kind, value)"
    )
    connection.unregister("gone_arrow")
    connection.execute("drop table candidates")
    rows = connection.execute(f"select count(*) from {table}").fetchall()
    return int(rows[0][0])


def _hash(key: bytes, kind: str, value: str) -> str:
    return keyed_hash(key, f"{kind}{SEPARATOR}{value}")


def _load(settings: Settings) -> pa.Table:
    try:
        return pq.read_table(tombstone_file(settings), schema=SCHEMA)
    except FileNotFoundError:
        return SCHEMA.empty_table()
