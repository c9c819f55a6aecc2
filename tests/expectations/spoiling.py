"""Statements over a candidate's files, attached for writing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

FILES = ("work", "contacts", "warehouse")


def run_sql(folder: Path, statements: Iterable[str], base: Path | None = None) -> None:
    """Run statements over the candidate in ``folder``, and over the publication in ``base``."""
    files = {name: folder / f"{name}.duckdb" for name in FILES}
    if base is not None:
        files["base"] = base / "warehouse.duckdb"
    with duckdb.connect() as connection:
        for name, path in files.items():
            connection.execute(f"attach '{path}' as {name}")
        for statement in statements:
            connection.execute(statement)
