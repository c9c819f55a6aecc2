"""The models' own SQL, as dbt compiles it, and in which order they read each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from cartera.dbt_compiled import AS_OF, AS_OF_AT, compiled
from cartera.duck import identifier, literal
from cartera.settings import CHECKOUT

# One database instead of three: their schemas have different names.
DATABASES = {'"warehouse".': '"work".', '"contacts"."contacts".': '"work"."contacts".'}


@dataclass(frozen=True)
class Model:
    """A model as dbt would run it; ``columns`` are those of its contract, if it has one."""

    name: str
    database: str
    schema: str
    sql: str
    parents: tuple[str, ...]
    columns: tuple[tuple[str, str, bool], ...]

    @property
    def relation(self) -> str:
        return f'"{self.database}"."{self.schema}"."{self.name}"'

    def table(self, sql: str) -> str:
        """What makes its table, empty: with the types and nulls of its contract if it has one."""
        columns = ", ".join(
            f"{identifier(name)} {kind}{' not null' if required else ''}"
            for name, kind, required in self.columns
        )
        made = f"({columns})" if columns else f"as {sql}\nwith no data"
        return f"create table {self.relation} {made}"

    def insert(self, sql: str) -> str:
        """What puts the rows of ``sql`` into its table."""
        columns = ", ".join(identifier(name) for name, _, _ in self.columns) or "*"
        return f"insert into {self.relation} select {columns} from ({sql}\n) as model"

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

    def make_seeds(self, db: duckdb.DuckDBPyConnection) -> None:
        """Each seed as a table of ``work.seeds``, which is there."""
        for name, path, types in self.seeds:
            kinds = ", ".join(f"{literal(key)}: {literal(kind)}" for key, kind in types.items())
            db.execute(
                f"create table work.seeds.{name} as from read_csv("
                f"{literal(CHECKOUT / 'dbt_project' / path)}, header = true"
                f"{f', types = {{{kinds}}}' if kinds else ''})"
            )

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


def load_project(*, databases: dict[str, str] = DATABASES) -> Project:
    """The project of this checkout, with other names for its ``databases``."""
    return _project(compiled(), databases)


def _project(nodes: list[dict[str, Any]], databases: dict[str, str]) -> Project:
    by_id = {node["id"]: node for node in nodes}
    ordered: dict[str, Model] = {}

    def add(key: str) -> None:
        node = by_id.get(key)
        if node is None or node["kind"] != "model" or node["name"] in ordered:
            return
        for parent in sorted(node["parents"]):
            add(parent)
        sql = node["sql"]
        for name, other in databases.items():
            sql = sql.replace(name, other)
        ordered[node["name"]] = Model(
            name=node["name"],
            database="work" if databases else node["database"],
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
