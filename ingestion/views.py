"""Landing as SQL: one typed relation per source over the files that a build has frozen."""

from __future__ import annotations

from pathlib import Path

from cartera.duck import identifier, literal, one_file
from cartera.party_keys import party
from ingestion.source import PARTY_KEY, Source


def parties_in(source: Source, files: list[Path]) -> str:
    """The people whom rows of ``files`` name without an id (source, party), once each."""
    return (
        f"select distinct {literal(source.source)} as source, {party()} as party "
        f"from ({_rows(source, files)}) where party is not null"
    )


def landing_view(source: Source, files: list[Path], *, keys: str = "") -> str:
    """The rows of ``files`` with the source's columns, ``batch_rank`` and ``batch_row``.

    Where people may be named without an id, ``party_key`` is their name by the table ``keys``
    (party, party_key); without that table nobody is. Batches that landed before a column existed
    have NULL in it; without any file the relation is empty and typed. Needs
    ``work.landing.batches`` (batch, batch_rank).
    """
    named, join = "", ""
    if source.names_without_id:
        named = f"{PARTY_KEY if keys else 'cast(null as varchar)'} as {PARTY_KEY}, "
        join = f" left join {keys} on party = {party()}" if keys else ""
    columns = ", ".join(identifier(name) for name in [*source.columns, "source_system"])
    return (
        f"select {columns}, {named}batch_rank, file_row_number as batch_row "
        f"from ({_rows(source, files)}) landed join work.landing.batches using (batch){join}"
    )


def _rows(source: Source, files: list[Path]) -> str:
    types = {name: column.sql_type for name, column in source.columns.items()}
    types |= {"source_system": "VARCHAR", "file_row_number": "BIGINT", "batch": "VARCHAR"}
    typed = ", ".join(f"cast(null as {kind}) as {identifier(n)}" for n, kind in types.items())
    rows = f"select {typed} where false"
    if files:
        listed = ", ".join(map(one_file, files))
        rows += (
            f" union all by name select * from read_parquet([{listed}], union_by_name = true, "
            "file_row_number = true, hive_partitioning = true, hive_types_autocast = false)"
        )
    return rows
