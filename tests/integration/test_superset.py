"""The bundle for Superset asks for what is published, and finds something."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.bi.superset import Asset, assets, question, rows_of
from tests.integration.conftest import Built

DATASETS = {dataset["uuid"]: dataset for dataset in assets("datasets").values()}


CHARTS = assets("charts")


@pytest.fixture(scope="module")
def warehouse(demo: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.publication().warehouse), read_only=True) as db:
        yield db


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset["table_name"])
def test_a_dataset_s_columns_are_there_with_their_types(
    warehouse: duckdb.DuckDBPyConnection, dataset: Asset
) -> None:
    described = warehouse.sql(f"describe {rows_of(dataset).sql(dialect='duckdb')}").fetchall()
    there = {column: kind for column, kind, *_ in described}
    told = {c["column_name"]: c["type"] for c in dataset["columns"] if "expression" not in c}
    assert {name: there.get(name) for name in told} == told
    temporal = {c["column_name"] for c in dataset["columns"] if c.get("is_dttm")}
    assert temporal == {name for name in told if told[name] in ("DATE", "TIMESTAMP")}
    assert dataset.get("main_dttm_col") in {None, *temporal}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=lambda chart: chart["slice_name"])
def test_a_chart_finds_something(warehouse: duckdb.DuckDBPyConnection, chart: Asset) -> None:
    found = warehouse.execute(question(chart, DATASETS[chart["dataset_uuid"]])).fetchall()
    assert found
    assert all(any(value is not None for value in values) for values in zip(*found, strict=True))


def test_a_day_without_sales_is_a_day_of_the_mean() -> None:
    """Superset's rolling mean is of rows: a day that has none would not count.

    An amount of which no rate is known stays unknown.
    """
    (dataset,) = (d for d in DATASETS.values() if d["table_name"] == "sales_by_day")
    with duckdb.connect() as db:
        db.execute("""
            create schema core; create schema marts;
            create table core.dim_dates as
                select '2026-01-01'::date + n::int as date from range(9) days(n);
            create table marts.kpi_daily as from (values
                (date '2026-01-03', 'ALL', 2, 1, 10.00::decimal(18, 2), 5.00::decimal(18, 2), 0),
                (date '2026-01-03', 'web', 2, 1, 10, 5, 0),
                (date '2026-01-06', 'ALL', 1, 0, null, 2, 0)
            ) t(date, channel, orders, new_buyers, net_revenue, contribution, refunds_booked);
        """)
        rows = db.sql(rows_of(dataset).sql(dialect="duckdb"))
        found = rows.order("date").project("day(date), orders, net_revenue::double").fetchall()
    assert found == [(3, 2, 10.0), (4, 0, 0.0), (5, 0, 0.0), (6, 1, None)]


def test_every_metric_can_be_worked_out(warehouse: duckdb.DuckDBPyConnection) -> None:
    for dataset in DATASETS.values():
        names = [metric["metric_name"] for metric in dataset["metrics"]]
        if names:
            chart: Asset = {"params": {"metrics": names, "adhoc_filters": []}}
            assert None not in warehouse.execute(question(chart, dataset)).fetchall()[0], dataset
