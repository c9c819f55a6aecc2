"""What each metric is: the registry that the models and the docs are made from, too."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from cartera.settings import CHECKOUT

REGISTRY = CHECKOUT / "dbt_project" / "seeds" / "metrics.csv"


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
def registry() -> dict[str, Metric]:
    """Every metric by its key, in the registry's order."""
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        return {row["metric"]: Metric(**row) for row in csv.DictReader(file)}
