"""What dbt, the identity step, the gate and Airflow cost beyond their SQL, on a demo.

    python -m benchmarks.overhead 2000

Makes a demo, runs its arrows and prints a Markdown table of wall and CPU seconds per step,
with the processes that it starts. For dbt, the SQL is what its compiled models and tests take
when DuckDB alone runs them, one after the other, right after; the rest is dbt's own. The gate
tells the import of Great Expectations from the checks. Airflow is the same arrows once more,
as DAGs of a home of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cartera.arrows import build, ingest, pull_audiences, systems_with_inbox
from cartera.duck import attach, connect, create_file
from cartera.settings import Settings

AS_OF = date(2026, 11, 1)


@dataclass
class Cost:
    """Seconds of one step."""

    step: str
    wall: float | None = None
    cpu: float = 0.0

    def row(self) -> str:
        wall = "" if self.wall is None else f"{self.wall:.1f}"
        return f"| {self.step} | {wall} | {self.cpu:.1f} |"


@contextmanager
def measured(costs: list[Cost], step: str) -> Iterator[Cost]:
    """Add the cost of the block to ``costs``, in the order in which blocks begin."""
    cost = Cost(step)
    costs.append(cost)
    wall, cpu = time.perf_counter(), _cpu()
    try:
        yield cost
    finally:
        cost.wall, cost.cpu = time.perf_counter() - wall, _cpu() - cpu


def measure(people: int, folder: Path) -> list[Cost]:
    """The arrows over a demo of ``people``, called one by one and then by Airflow."""
    from cartera.scheduler.in_process import run_dags
    from ingestion.demo.company import write_company

    costs: list[Cost] = []
    settings, by_airflow = Settings(home=folder / "called"), Settings(home=folder / "airflow")
    write_company(settings.inbox, people=people, seed=7, as_of=AS_OF, days=730)
    shutil.copytree(settings.inbox, by_airflow.inbox)
    systems = systems_with_inbox(settings)
    with measured(costs, "ingest") as ingested:
        for system in systems:
            ingest(settings, system)
    parts = _build(settings)
    costs += parts
    built = parts[-1]
    with measured(costs, "audience pull") as pulled:
        pull_audiences(settings)
    chain: list[tuple[str, dict[str, Any]]] = [(f"ingest_{system}", {}) for system in systems]
    chain += [("build_warehouse", {"as_of": AS_OF.isoformat()}), ("pull_audiences", {})]
    with measured(costs, "ingest, build and pull as DAGs") as whole:
        run_dags(by_airflow, chain, lambda line: None)
    called = [ingested, built, pulled]
    costs.append(
        Cost(
            "of that, Airflow",
            _seconds(whole) - sum(map(_seconds, called)),
            whole.cpu - sum(cost.cpu for cost in called),
        )
    )
    return costs


def _build(settings: Settings) -> list[Cost]:
    """A build: its parts, and the whole of it last."""
    from cartera.arrows import building
    from cartera.identity import resolve
    from cartera.prediction import predict
    from expectations import gate

    parts: list[Cost] = []
    away = Cost("measuring", 0.0)

    def run_dbt(settings: Settings, candidate: Path, **options: Any) -> Any:
        name = " and ".join(re.split("[:/]", path)[-1] for path in options["select"])
        with measured(parts, f"dbt: {name}"):
            runs = original_dbt(settings, candidate, **options)
        aside: list[Cost] = []
        with measured(aside, "replay"):
            _replay(settings, candidate, parts)
        away.wall, away.cpu = _seconds(away) + _seconds(aside[0]), away.cpu + aside[0].cpu
        return runs

    def run_gate(*arguments: Any, **options: Any) -> Any:
        with measured(parts, "gate"):
            result = original_gate(*arguments, **options)
        parts.append(Cost("of that, its import", None, result.cost["import_cpu_seconds"]))
        parts.append(Cost("of that, its checks", None, result.cost["audit_cpu_seconds"]))
        return result

    original_dbt, original_gate = building.run_dbt, gate.run_gate
    whole: list[Cost] = []
    with (
        patch.object(building, "run_dbt", run_dbt),
        patch.object(gate, "run_gate", run_gate),
        patch.object(resolve, "resolve", _around(resolve.resolve, parts, "identity")),
        patch.object(predict, "predict", _around(predict.predict, parts, "prediction")),
        measured(whole, "build, all of it"),
    ):
        build(settings, as_of=AS_OF)
    whole[0].wall = _seconds(whole[0]) - _seconds(away)
    whole[0].cpu -= away.cpu
    return [*parts, whole[0]]


def _replay(settings: Settings, candidate: Path, parts: list[Cost]) -> None:
    """Run what dbt has just run once more, in its order, with DuckDB and nothing else."""
    results = json.loads((candidate / "dbt" / "run_results.json").read_text())["results"]
    scratch = candidate / "replay.duckdb"
    with connect(settings) as connection:
        for name in ("work", "contacts", "warehouse"):
            attach(connection, candidate / f"{name}.duckdb", name, write=False)
        create_file(connection, scratch, "replay")
        connection.execute("use work")
        with measured(parts, "of that, its SQL in DuckDB alone"):
            for result in results:
                if result.get("compiled_code"):
                    connection.execute(
                        f"create or replace table replay.main.one as ({result['compiled_code']})"
                    )
    scratch.unlink()


def _around(function: Callable[..., Any], parts: list[Cost], step: str) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        with measured(parts, step):
            return function(*arguments, **options)

    return wrapped


def _seconds(cost: Cost) -> float:
    return cost.wall or 0.0


def _cpu() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main(people: int) -> None:
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        costs = measure(people, Path(folder))
    print(f"| {people:,} people | wall s | CPU s |\n| --- | ---: | ---: |")
    print("\n".join(cost.row() for cost in costs))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
