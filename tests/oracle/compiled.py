"""The models' own SQL, compiled by dbt once for each state of dbt_project and kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from cartera import dbt_parsed
from cartera.dbt import PROJECT
from cartera.settings import CHECKOUT

# Compiled for a day that no test uses, which makes way for a company's own.
AS_OF, AS_OF_AT = "1901-02-03", "1901-02-02 23:45:00"
# One database instead of three: their schemas have different names.
DATABASES = {'"warehouse".': '"work".', '"contacts"."contacts".': '"work"."contacts".'}


@dataclass(frozen=True)
class Model:
    """A model as dbt would run it; ``columns`` are those of its contract, if it has one."""

    name: str
    schema: str
    sql: str
    parents: tuple[str, ...]
    columns: tuple[tuple[str, str, bool], ...]

    @property
    def relation(self) -> str:
        return f'"work"."{self.schema}"."{self.name}"'

    def sql_as_of(self, as_of: str, as_of_at: str) -> str:
        """The query for the day that a company's data ends with."""
        sql = self.sql.replace(AS_OF_AT, as_of_at).replace(AS_OF, as_of)
        assert "1901-" not in sql, f"{self.name} computes with as_of in Jinja"
        return sql


@dataclass(frozen=True)
class Project:
    """All models, each after those that it reads, and the seeds with their types."""

    models: tuple[Model, ...]
    seeds: tuple[tuple[str, str, dict[str, str]], ...]

    def model(self, name: str) -> Model:
        return next(model for model in self.models if model.name == name)

    def behind(self, names: Iterable[str]) -> Project:
        """The models of these names and all that they read, directly or not."""
        wanted = set(names)
        for model in reversed(self.models):
            if model.name in wanted:
                wanted.update(model.parents)
        return Project(tuple(m for m in self.models if m.name in wanted), self.seeds)

    def descendants(self, names: Iterable[str]) -> set[str]:
        """The models of these names, and all that read them, directly or not."""
        found = set(names)
        for model in self.models:
            if found.intersection(model.parents):
                found.add(model.name)
        return found


def load_project(kept: Path) -> Project:
    """The project of this checkout; ``kept`` is a folder where it may be compiled already."""
    file = kept / f"{_digest()}.json"
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            for old in kept.glob("*.json"):
                old.unlink()
            with tempfile.TemporaryDirectory() as folder:
                nodes = _compile(Path(folder))
            part = file.with_suffix(".part")
            part.write_text(json.dumps(nodes))
            part.replace(file)
    return _project(json.loads(file.read_text()))


def _digest() -> str:
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')}".encode())
    for path in (Path(__file__), *sorted(PROJECT.rglob("*"))):
        if path.suffix in (".sql", ".yml", ".csv", ".py") and "target" not in path.parts:
            digest.update(path.relative_to(CHECKOUT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _compile(folder: Path) -> list[dict[str, Any]]:
    """What ``dbt compile`` makes of the models and seeds, over databases with nothing in them."""
    for name in ("work", "contacts", "warehouse"):
        duckdb.connect(str(folder / f"{name}.duckdb")).close()
    command = [
        *[sys.executable, "-m", "cartera.dbt_process", "compile"],
        *["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)],
        *["--target-path", str(folder / "target"), "--log-path", str(folder)],
        *["--vars", json.dumps({"as_of": AS_OF, "as_of_at": AS_OF_AT})],
        *["--select", "resource_type:model", "resource_type:seed"],
        *["--quiet", "--no-version-check", "--no-introspect", "--no-populate-cache"],
    ]
    parsed = dbt_parsed.place(PROJECT, {})
    environment = {
        **os.environ,
        "CARTERA_CANDIDATE": str(folder),
        "CARTERA_PARSED": str(parsed),
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    dbt_parsed.keep(folder / "target", parsed)
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    return [
        {
            "kind": node["resource_type"],
            "id": node["unique_id"],
            "name": node["name"],
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
            if node["resource_type"] == "model"
            else [],
            "types": node["config"].get("column_types", {}),
            "path": node["original_file_path"],
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    ]


def _project(nodes: list[dict[str, Any]]) -> Project:
    by_id = {node["id"]: node for node in nodes}
    ordered: dict[str, Model] = {}

    def add(key: str) -> None:
        node = by_id.get(key)
        if node is None or node["kind"] != "model" or node["name"] in ordered:
            return
        for parent in sorted(node["parents"]):
            add(parent)
        sql = node["sql"]
        for name, other in DATABASES.items():
            sql = sql.replace(name, other)
        ordered[node["name"]] = Model(
            name=node["name"],
            schema=node["schema"],
            sql=sql,
            parents=tuple(by_id[p]["name"] for p in node["parents"] if p in by_id),
            columns=tuple((name, kind, required) for name, kind, required in node["columns"]),
        )

    for key in sorted(by_id):
        add(key)
    seeds = tuple(
        (node["name"], node["path"], node["types"])
        for node in sorted(nodes, key=lambda node: str(node["name"]))
        if node["kind"] == "seed"
    )
    return Project(tuple(ordered.values()), seeds)
