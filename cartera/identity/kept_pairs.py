"""Scores of pairs, kept from build to build: what did not change is not compared again.

A record's fingerprint stands for all that pairs see of it: its key, its comparable columns and
its blocks. Two records with the fingerprints of before have the score of before, so that a build
with kept scores equals one without. What is kept are fingerprints and numbers, no contact data.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from cartera.identity.comparisons import COLUMNS, COMPARISONS
from cartera.identity.kept import Kept
from cartera.identity.model import Model

_GAMMAS = ", ".join(f"gamma_{comparison.name}" for comparison in COMPARISONS)


def kept_pairs(state: Path, model: Model) -> Kept:
    """The scores of a model, in one part: who was seen, and every pair that was near."""
    return Kept(state, "pairs", f"{model.key}{hashing_key()}")


def hashing_key() -> str:
    """Stands for the engine, whose hashes are not those of another version."""
    return duckdb.__version__.replace(".", "")


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


def read_pairs(connection: duckdb.DuckDBPyConnection, pairs: Kept) -> bool:
    """Temp tables ``kept`` (pairs of records that are as before) and ``changed`` (the others).

    False where nothing is kept: then there are no such tables.
    """
    parts = pairs.parts()
    if not parts:
        return False
    file = pairs.source(parts)
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


def write_pairs(connection: duckdb.DuckDBPyConnection, pairs: Kept) -> None:
    """Keep ``scored``; scores of other models go."""
    no_levels = ", ".join(f"null::tinyint as gamma_{c.name}" for c in COMPARISONS)
    pairs.replace(
        connection,
        f"""
        select fingerprint as fingerprint_a, null::ubigint as fingerprint_b,
            null::double as bits, {no_levels}
        from fingerprints
        union all
        select a.fingerprint, b.fingerprint, bits, {_GAMMAS}
        from scored join fingerprints a on a.record = record_a
        join fingerprints b on b.record = record_b
        """,
    )
