"""The models on Spark come to what they come to on DuckDB: `make test-spark`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.spark.comparing import differences, tables
from tests.spark.conftest import Company
from tests.spark.running import build_on_spark, cluster, failures, in_process

pytestmark = [pytest.mark.spark, pytest.mark.timeout(2400)]

SCHEMAS = ("core", "marts")
# Tables that Spark cannot make, each with its reason in docs/scale-out.md.
MISSING: set[str] = set()
# What the demo has nothing for: of these only the columns are compared.
EMPTY = {"core.customer_merges"}


@dataclass(frozen=True)
class Made:
    """The folder of Spark's tables, and what dbt said of its nodes."""

    tables: Path
    results: list[dict[str, Any]]


@pytest.fixture(scope="module")
def made(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Seeds, models and their unit tests on a Spark in dbt's process."""
    folder = tmp_path_factory.mktemp("spark")
    environment = in_process(folder / "tables")
    return Made(folder / "tables", build_on_spark(folder, company.inputs, environment, "test"))


def test_every_model_seed_and_unit_test_passes_on_spark(made: Made) -> None:
    failed = failures(made.results)
    assert not failed, "\n".join(f"{name}:\n{message}" for name, message in failed.items())
    kinds = Counter(result["unique_id"].split(".")[0] for result in made.results)
    assert kinds["model"] > 150
    assert kinds["unit_test"] > 130


def test_every_table_of_core_and_marts_is_there(made: Made, db: duckdb.DuckDBPyConnection) -> None:
    there = {
        f"{schema}.{folder.name}"
        for schema in SCHEMAS
        for folder in (made.tables / f"{schema}.db").iterdir()
    }
    assert set(tables(db, SCHEMAS)) - there == MISSING


def test_every_table_says_the_same(made: Made, db: duckdb.DuckDBPyConnection) -> None:
    assert what_differs(db, made.tables) == {}
    empty = {
        name for name in tables(db, SCHEMAS) if not db.sql(f"from warehouse.{name}").fetchone()
    }
    assert empty == EMPTY


@pytest.mark.nightly
def test_a_cluster_with_a_connect_server_says_the_same(
    company: Company, db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with cluster(tmp_path) as environment:
        results = build_on_spark(tmp_path, company.inputs, environment, "test", "unit_test")
    assert failures(results) == {}
    assert what_differs(db, tmp_path / "tables") == {}


def what_differs(db: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, list[str]]:
    """Each table of core and marts that is not the same in ``folder``, and in what."""
    found = {}
    for name in tables(db, SCHEMAS):
        schema, table = name.split(".")
        if name not in MISSING:
            found[name] = differences(db, name, folder / f"{schema}.db" / table)
    return {name: what for name, what in found.items() if what}
