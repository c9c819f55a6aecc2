"""What a fetch needs of an open database."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ingestion.connectors.config import Table


class Reader(Protocol):
    """An open database that nothing is written to."""

    def write(self, table: Table, floor: str | None, part: Path) -> None:
        """Write the rows of ``table`` from ``floor`` on to a Parquet file, oldest cursor first.

        Rows without a cursor always come. Raises UsageError if there is no such table or column.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def schema_and_name(table: str) -> tuple[str | None, str]:
    """``public.orders`` in its two parts; the schema is None if it is not given."""
    schema, _, name = table.rpartition(".")
    return schema or None, name
