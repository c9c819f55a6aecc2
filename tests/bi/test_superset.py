"""The bundle for Superset hangs together, and says where nothing is."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.bi.superset import BUNDLE, assets, named, tables_of

KINDS = ("databases", "datasets", "charts", "dashboards")


def test_every_asset_has_an_id_of_its_own() -> None:
    ids = [asset["uuid"] for kind in KINDS for asset in assets(kind).values()]
    assert len(ids) == len(set(ids)) == len(list(BUNDLE.rglob("*.yaml"))) - 1
    assert all(str(UUID(found)) == found for found in ids)


def test_every_reference_leads_to_an_asset() -> None:
    databases, datasets = ({a["uuid"] for a in assets(kind).values()} for kind in KINDS[:2])
    assert {dataset["database_uuid"] for dataset in assets("datasets").values()} == databases
    assert {chart["dataset_uuid"] for chart in assets("charts").values()} == datasets


def test_the_dashboard_shows_every_chart_once_by_its_name() -> None:
    (dashboard,) = assets("dashboards").values()
    position = dashboard["position"]
    shown = [item["meta"] for item in items(position) if item["type"] == "CHART"]
    charts = {chart["uuid"]: chart["slice_name"] for chart in assets("charts").values()}
    assert sorted((meta["uuid"], meta["sliceName"]) for meta in shown) == sorted(charts.items())
    # Superset writes its own number over this one, but refuses a chart without.
    assert len({meta["chartId"] for meta in shown}) == len(shown)


def test_the_dashboard_s_parts_lie_in_each_other_as_they_say() -> None:
    (dashboard,) = assets("dashboards").values()
    position = dashboard["position"]
    reached = ["ROOT_ID"]
    for name in reached:
        item = position[name]
        assert item["id"] == name
        for child in item.get("children", []):
            assert position[child]["parents"] == [*item.get("parents", []), name]
            reached.append(child)
    assert {*reached, "HEADER_ID"} == {item["id"] for item in items(position)}
    rows = [item for item in items(position) if item["type"] == "ROW"]
    # A row of Superset's grid has twelve columns.
    for row in rows:
        assert sum(position[name]["meta"]["width"] for name in row["children"]) == 12


def items(position: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in position.values() if isinstance(item, dict)]


def test_the_bundle_names_no_host_user_or_password() -> None:
    (database,) = assets("databases").values()
    address = urlsplit(database["sqlalchemy_uri"])
    assert (address.scheme, address.netloc) == ("duckdb", "")
    assert not {"password", "encrypted_extra", "masked_encrypted_extra", "ssh_tunnel"} & {*database}
    for path in BUNDLE.rglob("*"):
        if path.is_file():
            assert not re.search(r"://[^/\s\"]", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("chart", assets("charts").values(), ids=lambda chart: chart["slice_name"])
def test_what_a_chart_sorts_and_formats_by_is_what_it_shows(chart: dict[str, Any]) -> None:
    shown = {*named(chart, ("metric", "metrics", "all_columns"))}
    params = chart["params"]
    assert {*params.get("column_config", {})} <= shown
    assert {*filter(None, [params.get("x_axis_sort")])} <= shown
    assert params["viz_type"] == chart["viz_type"]


def test_the_datasets_read_only_what_the_postgresql_copy_has() -> None:
    read = set().union(*(tables_of(dataset) for dataset in assets("datasets").values()))
    assert {table.split(".")[0] for table in read} <= {"core", "marts", "meta"}
