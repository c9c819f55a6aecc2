"""The inputs of core and marts as Parquet, so that another engine can make them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from cartera import records
from cartera.arrows.building import begin, prepare
from cartera.dbt import PROJECT
from cartera.duck import identifier, literal, storage_errors
from cartera.errors import UsageError
from cartera.settings import Settings

SOURCES = PROJECT / "models" / "staging" / "_sources.yml"
VARIABLES = "variables.json"


@dataclass(frozen=True)
class ExportReport:
    """Where the inputs are, and how many rows each table of them has."""

    folder: str
    rows: dict[str, int]


@storage_errors("the export")
def export_inputs(
    settings: Settings,
    folder: Path,
    *,
    as_of: date | None = None,
    wait: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> ExportReport:
    """Do what a build does before core, and write to ``folder`` what core and marts read.

    ``folder/<schema>/<table>/`` has one Parquet file per source of the dbt project, and
    ``folder/variables.json``, written last, the variables for dbt. They hold what landing and
    the restricted file hold, contact data among it. Nothing is published.

    Raises UsageError if ``folder`` is not empty, and what a build raises up to there.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty.", fix="Name an empty folder or a new one.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = {}
    with begin(settings, as_of, wait, progress) as build:
        prepare(build)
        with build.files("work", "contacts", write=()) as connection:
            for schema, table in sources():
                database = "contacts" if schema == "contacts" else "work"
                path = folder / schema / table
                path.mkdir(parents=True)
                relation = f"{database}.{identifier(schema)}.{identifier(table)}"
                connection.execute(
                    f"copy (from {relation}) to {literal(path / 'data.parquet')} "
                    "(format parquet, compression zstd)"
                )
                counted = connection.execute(f"select count(*) from {relation}").fetchone()
                rows[f"{schema}.{table}"] = counted[0] if counted else 0
        variables = {**build.inputs.variables, "inputs": str(folder.resolve())}
        records.access(settings, "export-inputs", rows=sum(rows.values()))
        (folder / VARIABLES).write_text(json.dumps(variables, indent=1) + "\n", encoding="utf-8")
    return ExportReport(folder=str(folder), rows=rows)


def sources() -> list[tuple[str, str]]:
    """Schema and name of each table that the models read and dbt does not make."""
    found = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
    return [(source["schema"], table["name"]) for source in found for table in source["tables"]]
