"""The models' own SQL, compiled by dbt once for each state of dbt_project and kept.

Compiled with the project's own variables, and for a day that no company's data end with: what a
column is made of depends on neither.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from cartera import dbt_parsed
from cartera.dbt import PROJECT
from cartera.errors import CarteraError
from cartera.settings import CHECKOUT

AS_OF, AS_OF_AT = "1901-02-03", "1901-02-02 23:45:00"
# What is kept is as this module writes it.
_OWN = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def compiled(project: Path = PROJECT) -> list[dict[str, Any]]:
    """The models and seeds of ``project``; a model's ``sql`` is what dbt would run.

    Raises CarteraError for a project that dbt cannot compile.
    """
    parsed = dbt_parsed.place(project, {})
    kept = parsed.with_name(f"{parsed.stem}-{_OWN}.models")
    with _alone():
        with suppress(OSError, ValueError):
            nodes: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
            return nodes
        with tempfile.TemporaryDirectory() as folder:
            nodes = _compile(project, Path(folder), parsed)
        dbt_parsed.put(kept, json.dumps(nodes).encode())
    return nodes


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time, where a lock can be had: it takes ten seconds of both."""
    try:
        dbt_parsed.FOLDER.mkdir(parents=True, exist_ok=True)
        lock = (dbt_parsed.FOLDER / "lock").open("w")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(project: Path, folder: Path, parsed: Path) -> list[dict[str, Any]]:
    """What ``dbt compile`` makes of models and seeds, over databases with nothing in them."""
    for name in ("work", "contacts", "warehouse"):
        duckdb.connect(str(folder / f"{name}.duckdb")).close()
    command = [
        *[sys.executable, "-m", "cartera.dbt_process", "compile"],
        *["--project-dir", str(project), "--profiles-dir", str(project)],
        *["--target-path", str(folder / "target"), "--log-path", str(folder)],
        *["--vars", json.dumps({"as_of": AS_OF, "as_of_at": AS_OF_AT})],
        *["--select", "resource_type:model", "resource_type:seed"],
        *["--quiet", "--no-version-check", "--no-introspect", "--no-populate-cache"],
    ]
    environment = {
        **os.environ,
        "CARTERA_CANDIDATE": str(folder),
        "CARTERA_PARSED": str(parsed),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONPATH": str(CHECKOUT),
    }
    done = subprocess.run(
        command,
        env=environment,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = " ".join((done.stdout + done.stderr).split())
        raise CarteraError(
            f"dbt cannot compile the models of {project}: {said[:600] or 'it gave no reason'}.",
            fix="Mend the model that it names.",
        )
    dbt_parsed.keep(folder / "target", parsed)
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return [
        _node(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    ]


def _node(node: dict[str, Any]) -> dict[str, Any]:
    is_model = node["resource_type"] == "model"
    return {
        "kind": node["resource_type"],
        "id": node["unique_id"],
        "name": node["name"],
        "database": node["database"],
        "schema": node["schema"],
        "sql": node.get("compiled_code"),
        "parents": node["depends_on"].get("nodes", []),
        "columns": [
            (
                column["name"],
                column["data_type"],
                any(rule["type"] == "not_null" for rule in column["constraints"]),
            )
            for column in node["columns"].values()
            if node["contract"]["enforced"]
        ]
        if is_model
        else [],
        "meta": {
            column["name"]: column["config"]["meta"]
            for column in node["columns"].values()
            if column.get("config", {}).get("meta")
        },
        "types": node["config"].get("column_types", {}),
        "path": node["original_file_path"],
    }
