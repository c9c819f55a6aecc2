"""What each metric is: the registry that the models and the docs are made from, too."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from cartera.settings import CHECKOUT

REGISTRY = CHECKOUT / "dbt_project" / "seeds" / "metrics.csv"
SPANISH = Path(__file__).with_name("metrics_es.yml")


@dataclass(frozen=True)
class Metric:
    """``unit`` is count, money, rate, number, days, hours or score; ``direction`` up or down."""

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
        told = yaml.safe_load(SPANISH.read_text(encoding="utf-8"))
        return {key: replace(metric, **told[key]) for key, metric in registry().items()}
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        return {row["metric"]: Metric(**row) for row in csv.DictReader(file)}
