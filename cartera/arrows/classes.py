"""PII classes: from contracts through the models' SQL to each column of the warehouse.

A column has the highest class of what flows into it (``cartera.lineage``). One of the warehouse
into which contact data flows is refused before anything is built. The answer depends on the models
and on the classes, not on the data: it is found once and kept beside the parsed project.
"""

from __future__ import annotations

import csv
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cartera import dbt_parsed
from cartera.dbt import PROJECT
from cartera.dbt_compiled import compiled
from cartera.errors import CarteraError
from ingestion.source import PARTY_KEY, SOURCES, load_source, source_names

if TYPE_CHECKING:
    from cartera.lineage import Columns, Origin

TABLES = Path(__file__).with_name("tables.yml")
# From nothing to who it is.
ORDER = ("none", "reference", "indirect", "url", "free_text", "direct")
# What has no place in the warehouse.
CONTACT = ("direct", "free_text", "url")
OPEN = "warehouse"
_NAMED = 3


@dataclass(frozen=True)
class Class:
    """The PII class of a column, and the classed columns of sources that flow into it."""

    pii: str = "none"
    made_of: tuple[str, ...] = ()


# By schema and table, then by column.
Classes = dict[str, dict[str, Class]]


@dataclass
class _Trace:
    """What is known on the way: columns, their classes, and those that somebody set by hand."""

    columns: dict[str, Columns] = field(default_factory=dict)
    classes: dict[Origin, str] = field(default_factory=dict)
    said: set[Origin] = field(default_factory=set)

    def add_source(self, relation: str, classes: dict[str, str]) -> None:
        self.columns[relation] = dict.fromkeys(classes, frozenset())
        self.classes.update({(relation, column): pii for column, pii in classes.items()})

    def made_of(self, column: Origin) -> set[Origin]:
        """The columns of sources behind one, as far as they have a class."""
        found: set[Origin] = set()
        todo, seen = [column], {column}
        while todo:
            parents = self._parents(todo.pop())
            for parent in parents - seen:
                seen.add(parent)
                todo.append(parent)
                if not self._parents(parent) and self.classes[parent] != "none":
                    found.add(parent)
        return found

    def path(self, column: Origin) -> list[Origin]:
        """The way from a column back to where its class is from."""
        way = [column]
        while parents := self._parents(way[-1]):
            worst = max(ORDER.index(self.classes[parent]) for parent in parents)
            way.append(min(p for p in parents if ORDER.index(self.classes[p]) == worst))
        return way

    def _parents(self, column: Origin) -> frozenset[Origin]:
        return frozenset() if column in self.said else self.columns[column[0]][column[1]]


def warehouse_classes(project: Path = PROJECT) -> Classes:
    """The class of each column of the warehouse's models, by ``schema.table``.

    Raises CarteraError for a model that lets contact data into the warehouse, one that cannot be
    followed, and one that changes a class without saying why.
    """
    kept = _kept(project)
    with suppress(OSError, ValueError):
        found = json.loads(kept.read_text(encoding="utf-8"))
        return {
            table: {name: Class(pii, tuple(made)) for name, (pii, made) in columns.items()}
            for table, columns in found.items()
        }
    classes = follow(compiled(project), project)
    told = {
        table: {name: (column.pii, column.made_of) for name, column in columns.items()}
        for table, columns in classes.items()
    }
    dbt_parsed.put(kept, json.dumps(told).encode())
    return classes


def follow(nodes: list[dict[str, Any]], project: Path = PROJECT) -> Classes:
    """The same of compiled models."""
    from cartera.lineage import NotFollowed, columns_of

    trace = _sources()
    models = []
    for node in _in_order(nodes):
        relation = f"{node['database']}.{node['schema']}.{node['name']}"
        if node["kind"] == "seed":
            with (project / node["path"]).open(encoding="utf-8", newline="") as file:
                trace.add_source(relation, dict.fromkeys(next(csv.reader(file)), "none"))
            continue
        try:
            columns = columns_of(node["sql"], trace.columns)
        except NotFollowed as error:
            raise CarteraError(
                f"{node['path']}: nobody knows what flows through this model: {error}.",
                fix="Write it in a way that cartera/lineage.py can follow, or teach it this one; "
                "a source that dbt reads stands in a contract or in cartera/arrows/tables.yml.",
            ) from error
        trace.columns[relation] = columns
        for name, origins in columns.items():
            flowing = (trace.classes[origin] for origin in origins)
            trace.classes[relation, name] = max(flowing, key=ORDER.index, default="none")
        _take_what_is_said(trace, node, relation)
        if node["database"] == OPEN:
            models.append((relation, node["path"]))
    _refuse(trace, models)
    return {
        relation.partition(".")[2]: {
            name: Class(
                trace.classes[relation, name],
                tuple(sorted(map(_short, trace.made_of((relation, name))))),
            )
            for name in trace.columns[relation]
        }
        for relation, _ in models
    }


def table_classes() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """Tables that no contract and no model describes: by schema, table and column."""
    found: dict[str, dict[str, dict[str, dict[str, str]]]] = _read(TABLES)
    return found


@lru_cache
def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _kept(project: Path) -> Path:
    """Where the answer is kept, by the models, the classes and how they are followed."""
    parsed = dbt_parsed.place(project, {})
    digest = hashlib.sha256(f"{parsed.stem} {version('sqlglot')}".encode())
    here = Path(__file__)
    lineage = here.parents[1] / "lineage.py"
    for path in (here, TABLES, lineage, *sorted(SOURCES.glob("*.yml"))):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return parsed.with_name(f"{digest.hexdigest()[:32]}.classes")


def _sources() -> _Trace:
    """What dbt reads and does not make: landing as contracts have it, identity, predictions."""
    trace = _Trace()
    ours = dict.fromkeys(("source_system", "batch_rank", "batch_row"), "none")
    for name in source_names():
        source = load_source(name)
        columns = {column: spec.pii for column, spec in source.columns.items()}
        named = {PARTY_KEY: "reference"} if source.names_without_id else {}
        trace.add_source(f"work.landing.{name}", {**columns, **named, **ours})
    for schema, tables in table_classes().items():
        database = "contacts" if schema == "contacts" else "work"
        for table, described in tables.items():
            classes = {column: told["pii"] for column, told in described.items()}
            trace.add_source(f"{database}.{schema}.{table}", classes)
    return trace


def _in_order(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each node after those that it reads."""
    by_id = {node["id"]: node for node in nodes}
    parents = {name: sorted(by_id[name]["parents"]) for name in sorted(by_id)}
    return [by_id[name] for name in TopologicalSorter(parents).static_order() if name in by_id]


def _take_what_is_said(trace: _Trace, node: dict[str, Any], relation: str) -> None:
    """A column's ``meta: {pii: …, because: …}`` takes the place of what flows into it."""
    for name, meta in node["meta"].items():
        if "pii" not in meta:
            continue
        if meta["pii"] not in ORDER or not str(meta.get("because", "")).strip():
            raise CarteraError(
                f"{node['path']}: the column {name} has the class {meta['pii']!r} by its YAML.",
                fix=f"A class is one of {', '.join(ORDER)}, and `because` says in a sentence why "
                "the column has another than what flows into it.",
            )
        trace.classes[relation, name] = meta["pii"]
        trace.said.add((relation, name))


def _refuse(trace: _Trace, models: list[tuple[str, str]]) -> None:
    """No contact data in the warehouse; told of the models where it enters."""
    leaks = [
        (path, way)
        for relation, path in models
        for name in trace.columns[relation]
        if trace.classes[relation, name] in CONTACT
        for way in [trace.path((relation, name))]
        if not any(other.startswith(f"{OPEN}.") for other, _ in way[1:])
    ]
    if not leaks:
        return
    told = "; ".join(
        f"{path}: {' <- '.join(map(_short, way))}, which is {trace.classes[way[-1]]}"
        for path, way in leaks[:_NAMED]
    )
    more = f" and {len(leaks) - _NAMED} more" if len(leaks) > _NAMED else ""
    raise CarteraError(
        f"Contact data would flow into the warehouse, so nothing was built: {told}{more}.",
        fix="Take the column out of the model, or keep of it only whether it is there. "
        "docs/security.md says what else may be done.",
    )


def _short(column: Origin) -> str:
    """``schema.table.column``."""
    return f"{column[0].partition('.')[2]}.{column[1]}"
