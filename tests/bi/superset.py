"""What Superset makes of the bundle in ``bi/superset``, without Superset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlglot
import yaml
from sqlglot import exp

from cartera.settings import CHECKOUT

BUNDLE = CHECKOUT / "bi" / "superset"
# Of a chart's parameters, those that name columns.
COLUMNS = ("x_axis", "groupby", "all_columns", "source", "target")
METRICS = ("metric", "metrics")
COMPARED = {"==": exp.EQ, "!=": exp.NEQ, ">": exp.GT}

Asset = dict[str, Any]


def assets(kind: str) -> dict[str, Asset]:
    """Every asset of a kind (``charts``, ``datasets`` …) by the name of its file."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((BUNDLE / kind).rglob("*.yaml"))
    }


def named(chart: Asset, keys: tuple[str, ...]) -> list[str]:
    """What a chart names under ``keys``, each a name or a list of names."""
    found = [chart["params"].get(key, []) for key in keys]
    return [name for names in found for name in ([names] if isinstance(names, str) else names)]


def rows_of(dataset: Asset) -> exp.Select:
    """All rows of a dataset: a table's, or those of its own query."""
    if dataset.get("sql"):
        inner = sqlglot.parse_one(dataset["sql"], dialect="duckdb")
        return exp.select("*").from_(exp.Subquery(this=inner, alias="made"))
    return exp.select("*").from_(exp.table_(dataset["table_name"], db=dataset["schema"]))


def question(chart: Asset, dataset: Asset) -> str:
    """What a chart asks, as SQL of DuckDB. Raises KeyError for a name that its dataset lacks."""
    columns = [_column(dataset, name) for name in named(chart, COLUMNS)]
    metrics = {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]}
    measured = [sqlglot.parse_one(metrics[name]) for name in named(chart, METRICS)]
    asked = rows_of(dataset).select(*columns, *measured, append=False).where(*_told(chart, dataset))
    if measured and columns:
        asked = asked.group_by(*columns)
    return asked.sql(dialect="duckdb")


def _told(chart: Asset, dataset: Asset) -> Iterator[exp.Expression]:
    for told in chart["params"]["adhoc_filters"]:
        column = _column(dataset, told["subject"])
        if told["operator"] == "IS NOT NULL":
            yield column.is_(exp.null()).not_()
        else:
            yield COMPARED[told["operator"]](
                this=column, expression=exp.convert(told["comparator"])
            )


def _column(dataset: Asset, name: str) -> exp.Expression:
    found = {column["column_name"]: column for column in dataset["columns"]}[name]
    made = found.get("expression")
    return sqlglot.parse_one(made) if made else exp.column(name, quoted=True)


def tables_of(dataset: Asset) -> set[str]:
    """The published tables that a dataset reads, as ``schema.table``."""
    return {f"{table.db}.{table.name}" for table in rows_of(dataset).find_all(exp.Table)}
