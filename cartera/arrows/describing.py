"""What a publication says of itself: the schemas ``meta`` and ``ops`` of the warehouse."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from cartera.arrows.classes import Class, Classes, table_classes
from cartera.batches import Manifest
from cartera.dbt import NodeRun

if TYPE_CHECKING:
    from cartera.arrows.inputs import Inputs

TIMESTAMP = pa.timestamp("us")
PUBLICATION = pa.schema(
    [
        ("publication_id", pa.string()),
        ("as_of", pa.date32()),
        ("as_of_at", TIMESTAMP),
        ("business_timezone", pa.string()),
        ("reporting_currency", pa.string()),
        ("built_at", TIMESTAMP),
        ("base_publication", pa.string()),
        ("gate_status", pa.string()),
        ("inputs_hash", pa.string()),
        ("code_version", pa.string()),
        ("batches", pa.int64()),
        ("schema_version", pa.int64()),
    ]
)
BATCHES = pa.schema(
    [
        ("batch_id", pa.string()),
        ("system", pa.string()),
        ("source", pa.string()),
        ("part", pa.string()),
        ("partition_date", pa.date32()),
        ("delivery", pa.string()),
        ("ordinal", pa.int64()),
        ("state", pa.string()),
        ("received", pa.int64()),
        ("accepted", pa.int64()),
        ("quarantined", pa.int64()),
        ("erased", pa.int64()),
        ("skipped", pa.int64()),
        ("landed_rows", pa.int64()),
        ("reason", pa.string()),
        ("drift", pa.string()),
        ("landed_at", TIMESTAMP),
        ("is_included", pa.bool_()),
    ]
)
MODEL_RUNS = pa.schema(
    [
        ("run_id", pa.string()),
        ("node", pa.string()),
        ("kind", pa.string()),
        ("status", pa.string()),
        ("seconds", pa.float64()),
        ("failures", pa.int64()),
    ]
)
QUALITY = pa.schema(
    [
        ("run_id", pa.string()),
        ("rule", pa.string()),
        ("suite", pa.string()),
        ("severity", pa.string()),
        ("status", pa.string()),
        ("observed", pa.string()),
        ("unexpected_count", pa.int64()),
        ("keys", pa.string()),
        ("reason", pa.string()),
        ("remedy", pa.string()),
    ]
)
COLUMNS = pa.schema(
    [
        ("file", pa.string()),
        ("table_schema", pa.string()),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("data_type", pa.string()),
        ("pii_class", pa.string()),
        ("description", pa.string()),
        ("made_of", pa.string()),
    ]
)
PUBLISHED = ("warehouse", "contacts")


def write_columns(
    connection: duckdb.DuckDBPyConnection, dbt_manifest: Path, classes: Classes
) -> None:
    """``meta.columns`` of both published files: every column of theirs, what it means, its class.

    Of core and marts the models say it, and ``classes`` what flows into them; of everything else
    ``tables.yml``. Comes last, since it describes the tables that are there.
    """
    for file in PUBLISHED:
        write_table(connection, "meta", "columns", COLUMNS, [], file=file)
    nodes = json.loads(dbt_manifest.read_text(encoding="utf-8"))["nodes"].values()
    described = {
        (node["schema"], node["name"], column["name"]): column["description"]
        for node in nodes
        if node["resource_type"] == "model"
        for column in node["columns"].values()
    }
    others = table_classes()
    existing = connection.execute(
        "select database_name, schema_name, table_name, column_name, data_type "
        "from duckdb_columns() where database_name in ('warehouse', 'contacts') and not internal "
        "order by database_name desc, schema_name, table_name, column_index"
    ).fetchall()
    rows = []
    for file, schema, table, name, kind in existing:
        other = others.get(schema, {}).get(table, {}).get(name, {})
        flowing = classes.get(f"{schema}.{table}", {}).get(name, Class(other.get("pii", "")))
        rows.append(
            {
                "file": file,
                "table_schema": schema,
                "table_name": table,
                "column_name": name,
                "data_type": kind,
                # Without a class the gate refuses it.
                "pii_class": flowing.pii or None,
                "description": described.get((schema, table, name)) or other.get("about", ""),
                "made_of": ", ".join(flowing.made_of),
            }
        )
    for file in PUBLISHED:
        write_table(connection, "meta", "columns", COLUMNS, rows, file=file)


def write_ops(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    manifests: list[Manifest],
    included: list[Manifest],
    runs: list[NodeRun],
) -> None:
    """``ops.batches`` and ``ops.model_runs``: what went in, or did not, and how the models ran.

    Of ``manifests``, all batches that there are, the ``included`` ones were read by this build.
    """
    ids = {m.batch_id for m in included}
    batch_rows = [
        {
            "batch_id": m.batch_id,
            "system": m.system,
            "source": m.source,
            "part": m.part or None,
            "partition_date": _date(m.partition),
            "delivery": m.delivery,
            "ordinal": m.ordinal,
            "state": m.state,
            "received": m.received,
            "accepted": m.accepted,
            "quarantined": m.quarantined,
            "erased": m.erased,
            "skipped": sum(m.skipped.values()),
            "landed_rows": m.landed_rows,
            "reason": m.reason,
            "drift": json.dumps(m.drift, ensure_ascii=False, sort_keys=True),
            "landed_at": _naive(datetime.fromisoformat(m.landed_at)),
            "is_included": m.batch_id in ids,
        }
        for m in manifests
    ]
    write_table(connection, "ops", "batches", BATCHES, batch_rows)
    run_rows = [
        {
            "run_id": run_id,
            "node": run.node,
            "kind": run.kind,
            "status": run.status,
            "seconds": run.seconds,
            "failures": run.failures,
        }
        for run in runs
    ]
    write_table(connection, "ops", "model_runs", MODEL_RUNS, run_rows)


def write_quality(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """``ops.quality_results``: one row per rule of the gate."""
    write_table(connection, "ops", "quality_results", QUALITY, rows)


def write_publication(
    connection: duckdb.DuckDBPyConnection,
    publication_id: str,
    inputs: Inputs,
    built_at: datetime,
    schema_version: int,
    gate_status: str,
) -> None:
    """``meta.publication`` of both published files: one row that says what they are."""
    row = {
        "publication_id": publication_id,
        "as_of": inputs.as_of,
        "as_of_at": _naive(inputs.as_of_at),
        "business_timezone": inputs.business_timezone,
        "reporting_currency": inputs.reporting_currency,
        "built_at": _naive(built_at),
        "base_publication": inputs.base,
        "gate_status": gate_status,
        "inputs_hash": inputs.hash,
        "code_version": inputs.code,
        "batches": len(inputs.manifests),
        "schema_version": schema_version,
    }
    for file in ("warehouse", "contacts"):
        write_table(connection, "meta", "publication", PUBLICATION, [row], file=file)


def count(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The few numbers that a build ends with: orders and revenue, in and out."""
    row = connection.execute(
        """
        select
            (select count(*) from work.staging.stg_completed_orders),
            (select count(*) from warehouse.core.fct_orders),
            (select sum(gross_revenue - discount) from work.staging.stg_completed_orders),
            (select sum(revenue) from warehouse.core.fct_orders),
            (select count(*) from work.staging.stg_orders) -
                (select count(*) from work.staging.stg_order_amounts)
        """
    ).fetchall()[0]
    names = ["orders_in", "orders_out", "revenue_in", "revenue_out", "orders_after_as_of"]
    return {
        name: str(v) if name.startswith("revenue") else v
        for name, v in zip(names, row, strict=True)
    }


def write_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: pa.Schema,
    rows: list[dict[str, Any]],
    *,
    file: str = "warehouse",
) -> None:
    """Write ``rows`` as a table of the attached ``file``, replacing it."""
    connection.register("rows_arrow", pa.Table.from_pylist(rows, schema=columns))
    connection.execute(f"create schema if not exists {file}.{schema}")
    connection.execute(f"create or replace table {file}.{schema}.{table} as from rows_arrow")
    connection.unregister("rows_arrow")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _date(partition: str) -> date | None:
    try:
        return date.fromisoformat(partition)
    except ValueError:
        return None
