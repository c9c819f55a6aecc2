"""What the bundle for Superset asks is SQL that PostgreSQL takes as it is written."""

from __future__ import annotations

from typing import Any

import yaml

from cartera.settings import CHECKOUT
from tests.bi.superset import Asset, assets, tables_of
from tests.forms.test_postgres import ask


def tables() -> dict[str, dict[str, str]]:
    """Of every published table its columns and their types, by the contracts of the models."""
    models = CHECKOUT / "dbt_project" / "models"
    found = {
        f"{schema}.{model['name']}": {c["name"]: c["data_type"] for c in model["columns"]}
        for schema in ("core", "marts")
        for path in (models / schema).rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    }
    told = assets("datasets")["publication"]["columns"]
    found["meta.publication"] = {column["column_name"]: column["type"] for column in told}
    return found


def test_postgresql_takes_every_query_and_metric(database: Any) -> None:
    datasets = assets("datasets").values()
    models = tables()
    for schema in ("core", "marts", "meta"):
        ask(database, f"create schema {schema}")
    for table in set().union(*map(tables_of, datasets)):
        columns = [
            f'"{name}" {"double precision" if kind == "double" else kind}'
            for name, kind in models[table].items()
        ]
        ask(database, f"create table {table} ({', '.join(columns)})")
    for dataset in datasets:
        for text in texts(dataset):
            ask(database, f"select {text} from {written(dataset)} as asked")


def written(dataset: Asset) -> str:
    """What a dataset reads, as Superset puts it behind ``from``."""
    if dataset.get("sql"):
        return f"({dataset['sql']})"
    return f"{dataset['schema']}.{dataset['table_name']}"


def texts(dataset: Asset) -> list[str]:
    """A dataset's columns and metrics, as they are written."""
    columns = [column.get("expression", column["column_name"]) for column in dataset["columns"]]
    return [*columns, *(metric["expression"] for metric in dataset["metrics"])]
