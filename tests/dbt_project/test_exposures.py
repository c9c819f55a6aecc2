"""What the project says of its readers is what they read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlglot import exp

from cartera.settings import CHECKOUT
from tests.bi.superset import assets, tables_of
from tests.docs.questions import questions

EXPOSURES = CHECKOUT / "dbt_project" / "models" / "marts" / "_exposures.yml"


def told() -> dict[str, set[str]]:
    """By exposure, the tables that it is said to read."""
    found = yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))["exposures"]
    return {
        exposure["name"]: {reference.split("'")[1] for reference in exposure["depends_on"]}
        for exposure in found
    }


def read_by(*places: Path) -> set[str]:
    """The tables of core and marts that the code of these files and folders names."""
    sources = [p for place in places for p in ([place] if place.is_file() else place.rglob("*.py"))]
    return {
        table
        for source in sources
        for table in re.findall(
            r"\b(?:core|marts)\.([a-z_0-9]+)", source.read_text(encoding="utf-8")
        )
    }


ROOM = CHECKOUT / "cartera"


@pytest.mark.parametrize(
    ("exposure", "places"),
    [
        ("audience_lists", [ROOM / "activation"]),
        ("briefing", [ROOM / "briefing", ROOM / "comparing.py"]),
        ("desk", [ROOM / "desk"]),
    ],
)
def test_what_reads_publications_reads_the_tables_of_its_exposure(
    exposure: str, places: list[Path]
) -> None:
    assert read_by(*places) == told()[exposure]


def test_the_bundle_for_superset_reads_the_tables_of_its_exposure() -> None:
    read = set().union(*(tables_of(dataset) for dataset in assets("datasets").values()))
    models = {table.split(".")[1] for table in read if not table.startswith("meta.")}
    assert models == told()["superset"]


def test_questions_read_the_tables_of_their_exposure() -> None:
    read = set()
    for _, query in questions():
        tree = sqlglot.parse_one(query, dialect="duckdb")
        named = {common.alias for common in tree.find_all(exp.CTE)}
        read |= {table.name for table in tree.find_all(exp.Table)} - named
    assert read == told()["questions"]
