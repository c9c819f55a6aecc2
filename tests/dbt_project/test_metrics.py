"""The registry of metrics is whole, and an objective cannot name what is not in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from cartera import metrics
from cartera.arrows.objectives import Unknown, refuse_unknown, unknown
from cartera.dbt import PROJECT
from cartera.errors import RefusedByData
from cartera.metrics import of_marts
from cartera.settings import Settings

BATCH = "b1"
FILE = "finance/objectives/objectives.csv"
HEADER = "objective_id;metric;segment"


def registry() -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "metrics.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_metric_says_all_that_there_is_to_say() -> None:
    metrics = registry()
    names = [metric["metric"] for metric in metrics]
    assert len(names) == len(set(names))
    for metric in metrics:
        empty = {column for column, value in metric.items() if not value}
        assert empty <= {"denominator"}, metric["metric"]
        assert metric["direction"] in {"up", "down"}, metric["metric"]
        kinds = {"count", "money", "number", "rate", "days", "hours", "score"}
        assert metric["unit"] in kinds, metric["metric"]
        if metric["unit"] in {"rate", "number", "score"}:
            assert metric["denominator"], f"{metric['metric']} is a ratio of nothing"


def test_every_measure_of_the_registry_is_made_and_no_other() -> None:
    made: set[str] = set()
    for path in (PROJECT / "models" / "intermediate" / "kpis").glob("int_measures_of_*.sql"):
        for names in re.findall(r"as_measures\('\w+', \[(.*?)\]", path.read_text(), re.DOTALL):
            made |= set(re.findall(r"'(\w+)'", names))
    used = {metric[part] for metric in registry() for part in ("numerator", "denominator")} - {""}
    assert made == used


def test_every_number_of_a_mart_is_a_column_that_says_what_it_is() -> None:
    kinds = {"count", "money", "number", "rate", "points", "date"}
    for name, metric in of_marts().items():
        assert metric.name, name
        assert len(metric.definition.split()) >= 3, name
        assert metric.direction in {"up", "down"}, name
        assert metric.unit in kinds, name
    # One that no mart has is not passed over.
    assert "roas" not in of_marts()
    with pytest.raises(KeyError):
        metrics.metric("campaign_roi.happiness")


def test_what_is_null_to_a_query_is_empty_to_a_reader() -> None:
    models = yaml.safe_load(
        (PROJECT / "models" / "marts" / "campaigns" / "_campaigns.yml").read_text(encoding="utf-8")
    )["models"]
    roi = next(model for model in models if model["name"] == "campaign_roi")
    roas = next(column for column in roi["columns"] if column["name"] == "roas")
    assert roas["description"] == "Attributed revenue over media cost; NULL without media."
    said = metrics.metric("campaign_roi.roas").definition
    assert said == "Attributed revenue over media cost; empty without media"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, hash_key="k" * 64)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """``work`` with one good objective; tests add others."""
    with duckdb.connect() as db:
        db.execute("attach ':memory:' as work")
        for schema in ("landing", "staging", "seeds"):
            db.execute(f"create schema work.{schema}")
        db.execute(
            f"create table work.landing.batches as select '{BATCH}' as batch, 0 as batch_rank"
        )
        db.execute(
            "create table work.landing.objectives (source_system varchar, objective_id varchar, "
            "metric varchar, segment varchar, batch_rank bigint, batch_row bigint)"
        )
        db.execute(
            "create view work.staging.stg_objectives as select source_system, objective_id, "
            "metric, nullif(trim(segment), '') as segment from work.landing.objectives"
        )
        for seed in ("metrics", "rfm_segments", "segment_names"):
            path = PROJECT / "seeds" / f"{seed}.csv"
            db.execute(f"create table work.seeds.{seed} as from read_csv('{path}')")
        yield db


def deliver(
    settings: Settings, connection: duckdb.DuckDBPyConnection, *rows: tuple[str, str, str]
) -> None:
    """Land objectives, and leave their file in the inbox."""
    path = settings.inbox / FILE
    path.parent.mkdir(parents=True)
    lines = [HEADER, *(";".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for number, row in enumerate(rows):
        connection.execute(
            "insert into work.landing.objectives values ('finance', ?, ?, ?, 0, ?)", [*row, number]
        )


def test_objectives_that_name_what_exists_pass(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    deliver(
        settings,
        connection,
        ("O1", "churn_rate", ""),
        ("O2", "reachable_rate", "Champions"),
        ("O3", "churn_rate", "MVC"),
        ("O4", "churn_rate", "lapsed"),
    )
    refuse_unknown(settings, connection, {BATCH: FILE})


def test_unknown_metric_or_segment_is_named_with_its_line(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    deliver(
        settings,
        connection,
        ("O1", "churn_rate", ""),
        ("O2", "happiness", "Champions"),
        ("O3", "churn_rate", "Nobody"),
        ("O30", "churn_rate", ""),
    )
    assert unknown(settings, connection, {BATCH: FILE}) == [
        Unknown("O2", "no metric 'happiness'", FILE, 3),
        Unknown("O3", "no segment 'Nobody'", FILE, 4),
    ]


def test_refusal_says_where_and_what_to_do(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    deliver(settings, connection, ("O2", "happiness", ""))
    with pytest.raises(RefusedByData) as refused:
        refuse_unknown(settings, connection, {BATCH: FILE})
    assert f"O2 ({FILE}, line 2): no metric 'happiness'" in str(refused.value)
    assert "docs/metrics.md" in str(refused.value)


def test_file_that_is_gone_is_named_without_a_line(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    deliver(settings, connection, ("O2", "happiness", ""))
    (settings.inbox / FILE).unlink()
    assert unknown(settings, connection, {BATCH: FILE}) == [
        Unknown("O2", "no metric 'happiness'", FILE, 0)
    ]
