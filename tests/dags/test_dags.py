"""The DAGs load, are light to parse, and are those that somebody has looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cartera.scheduler import home
from cartera.settings import CHECKOUT, load_settings
from tests.dags import snapshot

# What a parse every half minute must not load: engines, HTTP clients, and the rooms that do.
HEAVY = {
    "cartera.arrows",
    "dbt",
    "duckdb",
    "expectations",
    "great_expectations",
    "httpx",
    "ingestion",
    "numpy",
    "pandas",
    "pyarrow",
    "requests",
    "scipy",
    "sqlglot",
}
BY_NAME = [file.name for file in snapshot.FILES]


def heavy(modules: list[str]) -> set[str]:
    return {name for name in HEAVY for module in modules if f"{module}.".startswith(f"{name}.")}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_dag_file_loads_and_makes_dags(name: str, parsed: dict[str, Any]) -> None:
    assert parsed[name]["trouble"] == ""
    assert parsed[name]["dags"]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_dag_file_loads_no_engine(name: str, parsed: dict[str, Any]) -> None:
    assert heavy(parsed[name]["modules"]) == set()


def test_an_engine_in_a_dag_file_would_be_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("import duckdb\n")
    assert "duckdb" in heavy(snapshot.parse([planted], tmp_path)["planted.py"]["modules"])


def test_the_dags_are_those_of_the_snapshot(dags: dict[str, Any]) -> None:
    regenerate = "if this is meant: python -m tests.dags.snapshot, and read the diff"
    assert dags == json.loads(snapshot.GOLDEN.read_text()), regenerate


def test_every_system_with_a_contract_has_a_dag(dags: dict[str, Any]) -> None:
    folders = (CHECKOUT / "ingestion" / "contracts").iterdir()
    shipped = {f"ingest_{folder.name}" for folder in folders if list(folder.glob("*.yml"))}
    assert shipped
    assert {dag for dag in dags if dag.startswith("ingest_")} == shipped


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What comes of parsing for a company with contracts and a connection of its own."""
    folder = tmp_path_factory.mktemp("own")
    settings = load_settings(home=folder)
    for file in (
        settings.contracts / "kiosk" / "orders.yml",
        settings.contracts / "Not A System" / "orders.yml",
        settings.connections / "till.yml",
    ):
        file.parent.mkdir(parents=True)
        file.touch()
    return snapshot.parse([home.DAGS / "ingest.py", home.DAGS / "build_warehouse.py"], folder)


def test_a_company_s_own_contract_makes_a_dag_and_wakes_the_build(own: dict[str, Any]) -> None:
    ingest, build = own["ingest.py"], own["build_warehouse.py"]
    assert "ingest_kiosk" in ingest["dags"]
    assert not [dag for dag in ingest["dags"] if "System" in dag]
    assert "cartera://landing/kiosk" in json.dumps(build["dags"]["build_warehouse"]["schedule"])


def test_a_system_with_a_connection_is_fetched_before_it_is_ingested(own: dict[str, Any]) -> None:
    answer = own["ingest.py"]
    assert heavy(answer["modules"]) == set()
    tasks = {dag: set(found["tasks"]) for dag, found in answer["dags"].items()}
    assert tasks.pop("ingest_till") == {"fetch", "ingest"}
    assert set(map(frozenset, tasks.values())) == {frozenset({"ingest"})}
    till = answer["dags"]["ingest_till"]["tasks"]
    assert (till["fetch"]["then"], till["ingest"]["then"]) == (["ingest"], [])
    # What was fetched wakes nobody: what landed does.
    assert till["fetch"]["outlets"] == []


def test_no_dag_runs_because_it_was_switched_on(dags: dict[str, Any]) -> None:
    assert {dag["runs_when_switched_on"] for dag in dags.values()} == {False}


def test_every_task_is_tried_again_and_waits_for_the_one_writer(dags: dict[str, Any]) -> None:
    tasks = [task for dag in dags.values() for task in dag["tasks"].values()]
    assert tasks
    assert min(task["retries"] for task in tasks) >= 2
    assert {task["pool"] for task in tasks} == {home.POOL}


def test_only_what_may_have_passed_is_tried_again(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in dag["tasks"].values():
            after = task["after_error"]
            final = {name for name, decision in after.items() if decision == "fail"}
            assert final == {"RefusedByData", "UsageError", "ContractError"}
            assert {after["LockBusy"], after["FileUnstable"], after["StorageFull"]} == {"default"}


def test_what_one_dag_brings_up_to_date_wakes_the_next(dags: dict[str, Any]) -> None:
    landed = {
        outlet
        for name, dag in dags.items()
        if name.startswith("ingest_")
        for outlet in dag["tasks"]["ingest"]["outlets"]
    }
    build = dags["build_warehouse"]
    condition = build["schedule"]["__var"]["asset_condition"]
    assert (condition["__type"], set(condition["objects"])) == ("asset_any", landed)
    assert build["tasks"]["build"]["outlets"] == ["cartera://warehouse/current"]
    assert "cartera://warehouse/current" in json.dumps(dags["pull_audiences"]["schedule"])
