"""Two engines' tables side by side, in DuckDB: columns, rows, and every value."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cartera.duck import identifier, literal

# Two orders of a sum may differ in its last digits; of one or more it is a share of the value.
TOLERANCE = 1e-9


def tables(db: duckdb.DuckDBPyConnection, schemas: tuple[str, ...]) -> list[str]:
    """``schema.table`` of each table of ``warehouse`` in ``schemas``, sorted."""
    found = db.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = 'warehouse' and list_contains(?, schema_name) order by all",
        [list(schemas)],
    )
    return [name for (name,) in found.fetchall()]


def differences(db: duckdb.DuckDBPyConnection, table: str, folder: Path) -> list[str]:
    """What tells ``warehouse.<table>`` from the Parquet files in ``folder``; empty if nothing.

    Rows are paired in the order of their exact columns, which hold the key, and then compared
    column by column: doubles by TOLERANCE, all others exactly. Spark's timestamps are instants:
    in UTC, to which the caller has set the session, they are the same as ours.
    """
    schema, name = table.split(".")
    ours = f"warehouse.{identifier(schema)}.{identifier(name)}"
    theirs = f"read_parquet({literal(folder / '*.parquet')})"
    columns = _columns(db, ours)
    other = {
        name: kind.replace(" WITH TIME ZONE", "") for name, kind in _columns(db, theirs).items()
    }
    if list(columns.items()) != list(other.items()):
        return [f"columns {sorted(columns.items() ^ other.items()) or 'in another order'}"]
    rows = [db.sql(f"select count(*) from {rows}").fetchall()[0][0] for rows in (ours, theirs)]
    if rows[0] != rows[1]:
        return [f"{rows[0]} rows against {rows[1]}"]
    exact = [c for c, kind in columns.items() if kind != "DOUBLE"]
    doubles = [c for c, kind in columns.items() if kind == "DOUBLE"]
    order = ", ".join(identifier(c) for c in exact + doubles)
    same = [f"a.{identifier(c)} is not distinct from b.{identifier(c)}" for c in exact]
    same += [_close(identifier(c)) for c in doubles]
    casts = ", ".join(f"cast({identifier(c)} as {columns[c]}) as {identifier(c)}" for c in columns)
    nth = "row_number() over (order by {order}) as nth_row"
    numbered = f"select *, {nth} from (select {{casts}} from {{rows}})"
    sides = [numbered.format(order=order, casts=casts, rows=rows) for rows in (ours, theirs)]
    counts = ", ".join(f"count(*) filter (where not ({test}))" for test in same)
    found = db.sql(f"select {counts} from ({sides[0]}) a join ({sides[1]}) b using (nth_row)")
    counted = dict(zip(exact + doubles, found.fetchall()[0], strict=True))
    return [
        f"{column}: {count} of {rows[0]} rows differ" for column, count in counted.items() if count
    ]


def _columns(db: duckdb.DuckDBPyConnection, rows: str) -> dict[str, str]:
    return {row[0]: row[1] for row in db.sql(f"describe select * from {rows}").fetchall()}


def _close(column: str) -> str:
    a, b = f"a.{column}", f"b.{column}"
    return (
        f"({a} is not distinct from {b} "
        f"or coalesce(abs({a} - {b}) <= {TOLERANCE} * greatest(1, abs({a})), false))"
    )
