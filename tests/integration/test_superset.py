"""The bundle for Superset asks for what is published, and finds something."""

from __future__ import annotations

import pytest

from tests.bi.superset import assets, question, rows_of
from tests.integration.conftest import Built

DATASETS = {dataset["uuid"]: dataset for dataset in assets("datasets").values()}


@pytest.mark.parametrize("name", assets("datasets"))
def test_a_dataset_s_columns_are_there_with_their_types(demo: Built, name: str) -> None:
    dataset = assets("datasets")[name]
    with demo.connect() as db:
        db.execute("use warehouse")
        described = db.sql(f"describe {rows_of(dataset).sql(dialect='duckdb')}").fetchall()
    there = {column: kind for column, kind, *_ in described}
    told = {c["column_name"]: c["type"] for c in dataset["columns"] if "expression" not in c}
    assert {name: there.get(name) for name in told} == told
    temporal = {c["column_name"] for c in dataset["columns"] if c.get("is_dttm")}
    assert temporal == {name for name in told if told[name] in ("DATE", "TIMESTAMP")}
    assert dataset.get("main_dttm_col") in {None, *temporal}


@pytest.mark.parametrize("name", assets("charts"))
def test_a_chart_finds_something(demo: Built, name: str) -> None:
    chart = assets("charts")[name]
    with demo.connect() as db:
        db.execute("use warehouse")
        found = db.execute(question(chart, DATASETS[chart["dataset_uuid"]])).fetchall()
    assert found
    assert all(any(value is not None for value in values) for values in zip(*found, strict=True))


def test_every_metric_can_be_worked_out(demo: Built) -> None:
    with demo.connect() as db:
        db.execute("use warehouse")
        for dataset in DATASETS.values():
            metrics = {"metrics": [metric["metric_name"] for metric in dataset["metrics"]]}
            if metrics["metrics"]:
                chart = {"params": {**metrics, "adhoc_filters": []}}
                assert None not in db.execute(question(chart, dataset)).fetchall()[0], dataset
