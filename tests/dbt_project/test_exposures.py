"""What the project says of its readers is what they read."""

from __future__ import annotations

import re
from pathlib import Path

import sqlglot
import yaml
from sqlglot import exp

from cartera import activation
from cartera.settings import CHECKOUT
from tests.docs.questions import questions

EXPOSURES = CHECKOUT / "dbt_project" / "models" / "marts" / "_exposures.yml"


def told() -> dict[str, set[str]]:
    """By exposure, the tables that it is said to read."""
    found = yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))["exposures"]
    return {
        exposure["name"]: {reference.split("'")[1] for reference in exposure["depends_on"]}
        for exposure in found
    }


def test_lists_read_the_tables_of_their_exposure() -> None:
    sources = Path(activation.__file__).parent.rglob("*.py")
    read = {
        table
        for source in sources
        for table in re.findall(r"warehouse\.\w+\.(\w+)", source.read_text(encoding="utf-8"))
    }
    assert read == told()["audience_lists"]


def test_questions_read_the_tables_of_their_exposure() -> None:
    read = set()
    for _, query in questions():
        tree = sqlglot.parse_one(query, dialect="duckdb")
        named = {common.alias for common in tree.find_all(exp.CTE)}
        read |= {table.name for table in tree.find_all(exp.Table)} - named
    assert read == told()["questions"]
