"""Scores of pairs, kept from build to build: what did not change is not compared again.

A record's fingerprint stands for all that pairs see of it: its key and its comparable columns.
Two records with the fingerprints of before have the score of before, and are a pair still if
they share a block still. What is kept are fingerprints and numbers, no contact data.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from cartera.identity.comparisons import COLUMNS, COMPARISONS
from cartera.identity.kept import Kept, code_key
from cartera.identity.model import Model

_GAMMAS = ", ".join(f"gamma_{comparison.name}" for comparison in COMPARISONS)


def kept_pairs(state: Path, model: Model) -> Kept:
    """The scores of a model, in one part.

    A row is a record that was seen (``fingerprint_a`` alone), a block that was too large
    (``fingerprint_b`` alone), or a pair that was near.
    """
    text = model.key + code_key()
    return Kept(state, "pairs", hashlib.blake2b(text.encode(), digest_size=6).hexdigest())


def make_fingerprints(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``fingerprints`` (record, fingerprint). Reads ``comparable``."""
    connection.execute(
        f"""
        create or replace temp table fingerprints as
        select record, hash(source_system, source_record_id, {", ".join(COLUMNS)}) as fingerprint
        from comparable join (
            select record, source_system, source_record_id from work.identity.records
        ) keys using (record)
        """
    )


def read_pairs(connection: duckdb.DuckDBPyConnection, pairs: Kept) -> bool:
    """Temp tables ``kept`` (pairs of records that are as before) and ``changed`` (the others).

    False where nothing is kept: then there are no such tables.
    """
    parts = pairs.parts()
    if not parts:
        return False
    connection.execute(
        f"""
        create or replace temp table before as from {pairs.source(parts)};
        create or replace temp table closed_before as
        select fingerprint_b as block from before where fingerprint_a is null;

        create or replace temp table changed as
        select record from fingerprints
        anti join (select fingerprint_a from before where fingerprint_b is null) seen
            on seen.fingerprint_a = fingerprints.fingerprint
        union
        -- Who meets in a block that was too large before was never compared.
        select record from blocks semi join closed_before using (block);

        create or replace temp table kept as
        select least(a.record, b.record) as record_a, greatest(a.record, b.record) as record_b,
            pair.bits, {_GAMMAS}
        from before pair
        join (from fingerprints anti join changed using (record)) a
            on a.fingerprint = pair.fingerprint_a
        join (from fingerprints anti join changed using (record)) b
            on b.fingerprint = pair.fingerprint_b;

        -- Who met in a block that is too large now is a pair only if another one joins them.
        create or replace temp table parted as
        with lost as (
            from all_blocks semi join closed using (block) anti join closed_before using (block)
        ),
        lost_pairs as (
            select distinct a.record as record_a, b.record as record_b
            from lost a join lost b on a.block = b.block and a.record < b.record
        )
        from (select record_a, record_b from kept semi join lost_pairs using (record_a, record_b))
        anti join (
            select record_a, record_b from lost_pairs
            join blocks a on a.record = record_a
            join blocks b on b.record = record_b and b.block = a.block
        ) using (record_a, record_b);

        delete from kept using parted
        where kept.record_a = parted.record_a and kept.record_b = parted.record_b;
        drop table before;
        """
    )
    return True


def write_pairs(connection: duckdb.DuckDBPyConnection, pairs: Kept) -> None:
    """Keep ``scored``, who was seen and which blocks were closed; scores of other models go."""
    no_levels = ", ".join(f"null::tinyint as gamma_{c.name}" for c in COMPARISONS)
    pairs.replace(
        connection,
        f"""
        select fingerprint as fingerprint_a, null::ubigint as fingerprint_b,
            null::double as bits, {no_levels}
        from fingerprints
        union all
        select null, block, null, {_GAMMAS.replace("gamma_", "null as gamma_")} from closed
        union all
        select a.fingerprint, b.fingerprint, bits, {_GAMMAS}
        from scored join fingerprints a on a.record = record_a
        join fingerprints b on b.record = record_b
        """,
    )
