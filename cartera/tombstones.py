"""Tombstones: keyed hashes of what an erased person was known by, so that nobody brings it back.

``state/tombstones.parquet`` has one row per erasure, kind and value. A ``record`` is a system and
an id in it; ``email``, ``phone``, ``tax_id`` and ``loyalty_number`` are there in the form that
identity compares, and only where they were that person's alone; a ``device`` is a browser that
nobody else logged in on. Whoever holds a value and this company's key can ask whether it was
erased; nobody can read from the file who was.

One that was lifted stays in the file with the time, so that a copy of before does not set it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cartera import clock
from cartera.duck import identifier
from cartera.errors import CarteraError, UsageError
from cartera.files import write_whole
from cartera.keys import SEPARATOR, hash_key, keyed_hash, keyed_hashes
from cartera.settings import Settings

KINDS = ("record", "email", "phone", "tax_id", "loyalty_number", "device")
SCHEMA = pa.schema([(n, pa.string()) for n in ("kind", "hash", "erasure_id", "lifted_at")])
# Of the file: tells by which key its hashes were made, and not what it is.
KEY = b"cartera.key"
# (kind, hash, erasure) and when it was lifted, or None.
Stones = dict[tuple[str, str, str], str | None]


def tombstone_file(settings: Settings) -> Path:
    """Where they stand; ``CARTERA_TOMBSTONES_COPY`` is where they outlive this home."""
    return settings.state / "tombstones.parquet"


def are_there(settings: Settings) -> bool:
    """Whether anybody was ever erased."""
    return tombstone_file(settings).exists()


def joined(system: str, name: str) -> str:
    """A record or a device as one value."""
    return f"{system}{SEPARATOR}{name}"


def add(settings: Settings, erasure_id: str, values: Iterable[tuple[str, str]]) -> None:
    """Set tombstones for (kind, value), here and in the copy; those that stand already stay."""
    key = hash_key(settings)
    stones = _read(settings, tombstone_file(settings))
    for kind, value in values:
        stones.setdefault((kind, _hash(key, kind, value), erasure_id), None)
    _save(settings, stones)


def take_over(settings: Settings, path: Path) -> int:
    """Add those of another file of this company's; returns how many stand that did not before.

    Raises UsageError for a file that is none, or was made with another key.
    """
    before = _read(settings, tombstone_file(settings))
    after = _merged(before, _read(settings, path, must_exist=True))
    if after != before:
        _write(settings, tombstone_file(settings), after)
    return len(_standing(after) - _standing(before))


def keep_copy(settings: Settings) -> None:
    """Have them outlive this home, where ``CARTERA_TOMBSTONES_COPY`` says; none is lost there.

    Raises CarteraError if that cannot be done.
    """
    if not (settings.tombstones_copy and are_there(settings)):
        return
    path = Path(settings.tombstones_copy)
    here, there = _read(settings, tombstone_file(settings)), _read(settings, path)
    try:
        _write(settings, path, _merged(there, here))
    except OSError as error:
        raise CarteraError(
            f"CARTERA_TOMBSTONES_COPY: {path} cannot be written ({error.strerror}).",
            fix="An erasure goes on when its tombstones are safe: mend it, then "
            "`cartera erase --resume`.",
        ) from error


def lift(
    settings: Settings, erasure_id: str | None, values: Iterable[tuple[str, str]] | None
) -> int:
    """Lift those of an erasure, or of these (kind, value) by whichever; returns how many."""
    stones = _read(settings, tombstone_file(settings))
    key = hash_key(settings)
    named = {(kind, _hash(key, kind, value)) for kind, value in values or ()}
    meant = [
        (kind, stone, erasure)
        for (kind, stone, erasure), lifted in stones.items()
        if lifted is None and (erasure == erasure_id if erasure_id else (kind, stone) in named)
    ]
    if meant:
        now = clock.now().isoformat()
        _save(settings, {**stones, **dict.fromkeys(meant, now)})
    return len(meant)


def listed(settings: Settings) -> list[dict[str, Any]]:
    """By erasure and kind how many stand and how many were lifted, oldest first."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for (kind, _, erasure), lifted in _read(settings, tombstone_file(settings)).items():
        none = {"erasure_id": erasure, "kind": kind, "stand": 0, "lifted": 0}
        row = rows.setdefault((erasure, kind), none)
        row["stand" if lifted is None else "lifted"] += 1
    return [rows[name] for name in sorted(rows)]


def count(settings: Settings) -> int:
    """How many stand."""
    return len(_standing(_read(settings, tombstone_file(settings))))


def find_gone(
    settings: Settings, connection: duckdb.DuckDBPyConnection, query: str, target: str
) -> int:
    """Temp table ``target``: rows of ``query`` that have a tombstone; returns how many.

    ``query`` yields ``kind``, ``value`` and whatever else is to be kept of them; only its
    distinct values are hashed.
    """
    table = identifier(target)
    connection.execute(f"create or replace temp table candidates as {query}")
    stones: dict[str, list[str]] = {}
    for kind, stone in _standing(_read(settings, tombstone_file(settings))):
        stones.setdefault(kind, []).append(stone)
    found = []
    key = hash_key(settings)
    for kind in KINDS:
        if kind not in stones:
            continue
        of_kind = pa.array(stones[kind], pa.string())
        values = connection.execute(
            "select distinct value from candidates where kind = ? and value is not null", [kind]
        ).to_arrow_table()["value"]
        hashes = keyed_hashes(key, pa.array([f"{kind}{SEPARATOR}{v}" for v in values.to_pylist()]))
        is_gone = pa.compute.is_in(hashes, value_set=of_kind)
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


def _mark(settings: Settings) -> bytes:
    return keyed_hash(hash_key(settings), "tombstones").encode()


def _standing(stones: Stones) -> set[tuple[str, str]]:
    return {(kind, stone) for (kind, stone, _), lifted in stones.items() if lifted is None}


def _merged(one: Stones, other: Stones) -> Stones:
    """Those of both; what was lifted in either is."""
    told = {name: one.get(name) or lifted for name, lifted in other.items()}
    return {**one, **told}


def _read(settings: Settings, path: Path, *, must_exist: bool = False) -> Stones:
    try:
        with path.open("rb") as file:
            parquet = pq.ParquetFile(file)
            mark = (parquet.schema_arrow.metadata or {}).get(KEY, b"")
            rows = parquet.read(columns=SCHEMA.names).to_pylist() if mark else []
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            raise UsageError(f"There is no file {path}.", fix="Name the tombstones.") from None
        return {}
    except (OSError, pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise CarteraError(
            f"{path}: cannot be read ({error}).", fix="Restore it from its copy or a backup."
        ) from error
    if mark != _mark(settings):
        raise UsageError(
            f"{path}: these are no tombstones made with the key of this home.",
            fix="Name those of the same company; where CARTERA_HASH_KEY was set, set it.",
        )
    return {(r["kind"], r["hash"], r["erasure_id"]): r["lifted_at"] for r in rows}


def _save(settings: Settings, stones: Stones) -> None:
    _write(settings, tombstone_file(settings), stones)
    keep_copy(settings)


def _write(settings: Settings, path: Path, stones: Stones) -> None:
    table = pa.Table.from_pylist(
        [
            {"kind": k, "hash": h, "erasure_id": e, "lifted_at": lifted}
            for (k, h, e), lifted in sorted(stones.items())
        ],
        schema=SCHEMA.with_metadata({KEY: _mark(settings)}),
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes(), mode=0o600)
