"""Scores of pairs, kept from build to build: what did not change is not compared again.

A record's fingerprint stands for all that pairs see of it: its key, its comparable columns and
its blocks. Two records with the fingerprints of before have the score of before, so that a build
with kept scores equals one without. The file holds fingerprints and numbers, no contact data; it
can be removed at any time.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from cartera.duck import literal
from cartera.files import sync_file
from cartera.identity.comparisons import COLUMNS, COMPARISONS
from cartera.identity.model import Model

_GAMMAS = ", ".join(f"gamma_{comparison.name}" for comparison in COMPARISONS)


def kept_file(state: Path, model: Model) -> Path:
    """Where the scores of a model are."""
    return state / "identity" / f"pairs-{model.key}.parquet"


def make_fingerprints(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``fingerprints`` (record, fingerprint). Reads ``comparable`` and ``blocks``."""
    columns = ", ".join(f"coalesce(c.{column}::varchar, chr(30))" for column in COLUMNS)
    connection.execute(
        f"""
        create or replace temp table fingerprints as
        select record, hash(concat_ws(chr(31), source_system, source_record_id, {columns},
            coalesce(found.block, 0))) as fingerprint
        from comparable c
        join work.identity.records using (record)
        left join (select record, bit_xor(block) as block from blocks group by record) found
            using (record)
        """
    )


def read_kept(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Temp tables ``kept`` (pairs of records that are as before) and ``changed`` (the others).

    False where nothing is kept: then there are no such tables.
    """
    if not path.exists():
        return False
    file = f"read_parquet({literal(path)})"
    connection.execute(
        f"""
        create or replace temp table changed as
        select record from fingerprints
        anti join (select fingerprint_a from {file} where fingerprint_b is null) seen
            on seen.fingerprint_a = fingerprints.fingerprint;
        create or replace temp table kept as
        select least(a.record, b.record) as record_a, greatest(a.record, b.record) as record_b,
            pair.bits, {_GAMMAS}
        from {file} pair
        join fingerprints a on a.fingerprint = pair.fingerprint_a
        join fingerprints b on b.fingerprint = pair.fingerprint_b;
        """
    )
    return True


def write_kept(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Keep ``scored``, whole or not at all; scores of other models go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    no_levels = ", ".join(f"null::tinyint as gamma_{c.name}" for c in COMPARISONS)
    connection.execute(
        f"""
        copy (
            select fingerprint as fingerprint_a, null::ubigint as fingerprint_b,
                null::double as bits, {no_levels}
            from fingerprints
            union all
            select a.fingerprint, b.fingerprint, bits, {_GAMMAS}
            from scored join fingerprints a on a.record = record_a
            join fingerprints b on b.record = record_b
        ) to {literal(aside)} (format parquet, compression zstd)
        """
    )
    aside.chmod(0o600)
    sync_file(aside)
    aside.replace(path)
    for other in path.parent.glob("pairs-*.parquet"):
        if other != path:
            other.unlink()
