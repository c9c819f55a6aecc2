"""Builds in this process: the models' own SQL as dbt compiled it, and the gate's own rules.

dbt takes six times as long as the SQL that it runs, and its process and the gate's each import for
seconds. Builds that are looked at for what becomes of the data need neither; that dbt's build is
this one, to the row, says the test of increments in any order. dbt's data tests are not run here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import expectations.gate
from cartera.arrows import building
from cartera.dbt import NodeRun, project_variables
from cartera.dbt_parsed import DAILY
from cartera.duck import attach, connect
from cartera.settings import Settings
from expectations.gate import GateResult, audit
from tests.oracle.compiled import Project, load_project

CURRENCY = "reporting_currency"


@contextmanager
def without_dbt() -> Iterator[None]:
    """Builds meanwhile start no process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "run_dbt", run_compiled)
        patch.setattr(expectations.gate, "run_gate", audit_here)
        yield


def run_compiled(
    settings: Settings,
    candidate: Path,
    *,
    select: list[str],
    variables: dict[str, Any],
    **_: Any,
) -> list[NodeRun]:
    """What ``cartera.dbt.run_dbt`` makes of seeds and staging, or of all other models."""
    own = project_variables()
    other = {name for name in variables.keys() - DAILY if variables[name] != own.get(name)}
    assert other <= {CURRENCY}, f"the models are compiled with the project's own {other}"
    # No model names a currency but this one.
    ours, theirs = (f"'{values[CURRENCY]}'" for values in (own, own | variables))
    project = load_project(databases={})
    staging = "path:seeds" in select
    models = [model for model in project.models if (model.schema == "staging") == staging]
    with connect(settings) as connection:
        for name in building.FILES:
            attach(connection, candidate / f"{name}.duckdb", name, write=True)
        for database, schema in sorted({(m.database, m.schema) for m in models}):
            connection.execute(f"create schema if not exists {database}.{schema}")
        if staging:
            connection.execute("create schema work.seeds")
            project.make_seeds(connection)
        for model in models:
            sql = model.sql_as_of(variables["as_of"], variables["as_of_at"]).replace(ours, theirs)
            connection.execute(model.table(sql))
            connection.execute(model.insert(sql))
    _write_manifest(candidate / "dbt" / "manifest.json", project)
    return [NodeRun(m.name, "model", "success", 0.0, 0, "") for m in models]


def audit_here(
    candidate: Path,
    base: Path | None,
    accept: dict[str, str],
    run_id: str,
    checked_at: datetime,
    out: Path,
    **limits: Any,
) -> GateResult:
    """What ``expectations.gate.run_gate`` answers and leaves."""
    result = audit(
        candidate, base=base, accept=accept, run_id=run_id, checked_at=checked_at, **limits
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(result.to_json(), encoding="utf-8")
    return result


def _write_manifest(path: Path, project: Project) -> None:
    """Of dbt's manifest what the descriptions of columns are taken from."""
    nodes = {
        model.name: {
            "resource_type": "model",
            "schema": model.schema,
            "name": model.name,
            "columns": {
                name: {"name": name, "description": "As its model says."}
                for name, _, _ in model.columns
            },
        }
        for model in project.models
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
