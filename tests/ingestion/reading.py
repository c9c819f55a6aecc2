"""One value read as a contract reads it: what test_expressions and test_forms look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from ingestion.contract import ColumnType, Forms, Mapping, SourceColumn
from ingestion.expressions import clean, typed


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def read(
    connection: duckdb.DuckDBPyConnection,
    kind: ColumnType,
    text: Any,
    raw_type: str | None = None,
    mapping: dict[str, Any] | None = None,
    **forms: Any,
) -> Any:
    """What ``text`` becomes; its raw type is that of CSV or, for a number, Parquet's DOUBLE."""
    raw_type = raw_type or ("DOUBLE" if isinstance(text, int | float) else "VARCHAR")
    form = Forms.model_validate({"type": "csv", **forms})
    column = SourceColumn(type=kind, about="x", pii="none")
    raw = clean("raw", raw_type, form)
    value = typed(
        "raw", raw_type, column, Mapping.model_validate({"from": "x", **(mapping or {})}), form
    )
    row = connection.execute(
        f"select {value} from (select {raw} as raw from (select cast($1 as {raw_type}) as raw))",
        [text],
    ).fetchone()
    assert row is not None
    return row[0]
