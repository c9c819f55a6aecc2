"""Landing as SQL: one typed relation per source over the files that a build has frozen."""

from __future__ import annotations

from pathlib import Path

from cartera.duck import identifier, literal
from ingestion.contract import Source


def landing_view(source: Source, files: list[Path]) -> str:
    """The rows of ``files`` with the source's columns, ``batch_rank`` and ``batch_row``.

    Batches that landed before a column existed have NULL in it; without any file the
    relation is empty and typed. Needs ``work.landing.batches`` (batch, batch_rank).
    """
    types = {name: column.sql_type for name, column in source.columns.items()}
    types |= {"source_system": "VARCHAR", "file_row_number": "BIGINT", "batch": "VARCHAR"}
    typed = ", ".join(f"cast(null as {kind}) as {identifier(n)}" for n, kind in types.items())
    rows = f"select {typed} where false"
    if files:
        listed = ", ".join(literal(path) for path in files)
        rows += (
            f" union all by name select * from read_parquet([{listed}], union_by_name = true, "
            "file_row_number = true, hive_partitioning = true, hive_types_autocast = false)"
        )
    columns = ", ".join(identifier(name) for name in [*source.columns, "source_system"])
    return (
        f"select {columns}, batch_rank, file_row_number as batch_row "
        f"from ({rows}) landed join work.landing.batches using (batch)"
    )
