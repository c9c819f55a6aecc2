"""What each number is: the registry that the models and the docs are made from, too.

A metric of the registry is made of measures, by period and segment. A number that is one only for a
campaign or a customer is a column of a mart, and stands beside it in ``metrics_of_marts.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from cartera.settings import CHECKOUT

REGISTRY = CHECKOUT / "dbt_project" / "seeds" / "metrics.csv"
OF_MARTS = Path(__file__).with_name("metrics_of_marts.csv")
MARTS = CHECKOUT / "dbt_project" / "models" / "marts"
SPANISH = Path(__file__).with_name("metrics_es.yml")


@dataclass(frozen=True)
class Metric:
    """``unit`` is count, money, rate, number, days, hours or score; ``direction`` up or down.

    A column of a mart may be in points or a date, too, and has no numerator.
    """

    metric: str
    name: str
    definition: str
    unit: str
    owner: str
    numerator: str
    denominator: str
    direction: str
    domain: str


@cache
def registry(language: str = "en") -> dict[str, Metric]:
    """Every metric by its key, in the registry's order; named and defined in English or Spanish."""
    if language == "es":
        return _in_spanish(registry())
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        return {row["metric"]: Metric(**row) for row in csv.DictReader(file)}


@cache
def of_marts(language: str = "en") -> dict[str, Metric]:
    """The numbers that are columns of a mart, such as ``campaign_roi.roas``, by that name.

    What they are is what the mart says of its column; what is NULL to a query is empty to a reader.
    """
    if language == "es":
        return _in_spanish(of_marts())
    with OF_MARTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    said = _descriptions({row["metric"].partition(".")[0] for row in rows})
    return {
        row["metric"]: Metric(
            **row,
            definition=said[row["metric"]].removesuffix(".").replace("NULL", "empty"),
            numerator="",
            denominator="",
        )
        for row in rows
    }


def metric(name: str, language: str = "en") -> Metric:
    """One of the registry, or ``mart.column``. Raises KeyError for what is neither."""
    return of_marts(language)[name] if "." in name else registry(language)[name]


def _in_spanish(metrics: dict[str, Metric]) -> dict[str, Metric]:
    told = yaml.safe_load(SPANISH.read_text(encoding="utf-8"))
    return {key: replace(metric, **told[key]) for key, metric in metrics.items()}


def _descriptions(marts: Collection[str]) -> dict[str, str]:
    """What each column of ``marts`` is, by ``mart.column``, of the models' own files."""
    found = {}
    for path in sorted(MARTS.rglob("_*.yml")):
        text = path.read_text(encoding="utf-8")
        if not any(f"- name: {mart}\n" in text for mart in marts):
            continue
        for model in yaml.safe_load(text).get("models", ()):
            for column in model.get("columns", ()):
                found[f"{model['name']}.{column['name']}"] = column.get("description", "")
    return found
