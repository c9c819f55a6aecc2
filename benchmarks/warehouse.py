"""What the models of the warehouse cost, by model, on demo companies of growing size.

    python -m benchmarks.warehouse 20000 100000 --keep /tmp/companies

Makes each company, lands it, and builds as far as the models, without the gate: staging,
identity, predictions, core and marts, with their data tests. dbt runs one node at a time, so
that CPU seconds belong to a model. Prints Markdown tables: the totals, how they grow, and the
dearest models. ``--keep`` holds the landed companies for the next time; ``--models``
writes every model's seconds as JSON to a file; ``--slowest`` is how many are printed, and with
``--plans 5`` the plans of the five slowest of the largest company are too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks._plans import plan
from cartera.arrows import build, building, ingest, systems_with_inbox
from cartera.duck import attach, connect
from cartera.settings import Settings

AS_OF = date(2026, 11, 1)
# A file of this name says that all of a company has landed.
LANDED = "landed"


@dataclass
class Costs:
    """CPU seconds of one company: ``nodes`` by dbt's id of a model, seed or test.

    ``wall`` are the seconds that its models took one after another, by the clock.
    """

    people: int
    wall: float = 0.0
    nodes: dict[str, float] = field(default_factory=dict)
    dbt: float = 0.0
    peak_gb: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)

    def add(self, told: dict[str, Any]) -> None:
        """What one process of dbt said."""
        self.nodes.update(told["nodes"])
        self.dbt += told["process"]
        self.peak_gb = max(self.peak_gb, told["peak_gb"])

    def of(self, kind: str) -> float:
        """Seconds of the SQL of all nodes of a kind."""
        return sum(cost for node, cost in self.nodes.items() if node.split(".")[0] == kind)

    def models(self) -> dict[str, float]:
        """Seconds by name of the model, the dearest first."""
        found = {
            node.split(".")[-1]: cost
            for node, cost in self.nodes.items()
            if node.startswith("model.")
        }
        return dict(sorted(found.items(), key=lambda item: -item[1]))


class ModelledError(Exception):
    """The models are built, and the rest of the build is not wanted."""


def measure(people: int, home: Path, memory_limit: str, plans: int = 0) -> Costs:
    """Build the company in ``home``, which is made there unless it is.

    ``plans`` is of how many of its slowest models the plans are wanted.
    """
    settings = Settings(home=home, memory_limit=memory_limit)
    land(people, settings)
    costs = Costs(people)

    def run(command: list[str], **options: Any) -> Any:
        """dbt, one node at a time, and listened to."""
        told = home / "costs.json"
        listened = [command[0], "-m", "benchmarks._dbt_statements", str(told), *command[3:]]
        done = original_run([*listened, "--threads", "1"], **options)
        if told.exists():
            costs.add(json.loads(told.read_text()))
            told.unlink()
        return done

    def run_dbt(settings: Settings, candidate: Path, **options: Any) -> Any:
        runs = original_dbt(settings, candidate, **options)
        costs.wall += sum(run.seconds for run in runs if run.kind == "model")
        if options["select"] == building.CORE_AND_MARTS:
            costs.rows = count(settings, candidate / "warehouse.duckdb")
            dearest = list(costs.models())[:plans]
            costs.plans = {model: plan(settings, candidate, model) for model in dearest}
            raise ModelledError
        return runs

    original_run, original_dbt = subprocess.run, building.run_dbt
    with (
        patch.object(subprocess, "run", run),
        patch.object(building, "run_dbt", run_dbt),
        suppress(ModelledError),
    ):
        build(settings, as_of=AS_OF, progress=lambda line: tell(f"{people:,} people: {line}"))
    return costs


def land(people: int, settings: Settings) -> None:
    """Make the company and land it; what has landed once stays."""
    if not (settings.home / LANDED).exists():
        make(people, settings)
        land_inbox(people, settings)


def make(people: int, settings: Settings) -> None:
    """The company's files, in the inbox."""
    from ingestion.demo.company import write_company

    tell(f"{people:,} people: making their company")
    write_company(settings.inbox, people=people, seed=7, as_of=AS_OF, days=730)


def land_inbox(people: int, settings: Settings) -> None:
    """Land what is in the inbox, and say that this is done."""
    for system in systems_with_inbox(settings):
        tell(f"{people:,} people: landing {system}")
        ingest(settings, system)
    (settings.home / LANDED).touch()


def count(settings: Settings, warehouse: Path) -> dict[str, int]:
    """Rows of the tables of core, the largest first."""
    with connect(settings) as connection:
        attach(connection, warehouse, "warehouse", write=False)
        found = connection.execute(
            "select table_name, estimated_size from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name = 'core' order by 2 desc"
        ).fetchall()
    return dict(found)


def totals(all_costs: list[Costs]) -> str:
    """A table with a column per company, and how each line grows to the last one."""
    lines: list[tuple[str, Callable[[Costs], float]]] = [
        ("models", lambda costs: costs.of("model")),
        ("data tests", lambda costs: costs.of("test")),
        ("seeds", lambda costs: costs.of("seed")),
        ("dbt itself", lambda costs: costs.dbt - sum(costs.nodes.values())),
        ("all of dbt", lambda costs: costs.dbt),
    ]
    head = "| CPU s |" + "".join(f" {costs.people:,} people |" for costs in all_costs)
    grown = len(all_costs) > 1
    table = [
        head + (" ratio |" if grown else ""),
        "| --- |" + " ---: |" * (len(all_costs) + grown),
    ]
    for what, cost in lines:
        seconds = [cost(costs) for costs in all_costs]
        row = f"| {what} |" + "".join(f" {second:.1f} |" for second in seconds)
        table.append(row + (f" {seconds[-1] / seconds[0]:.1f} |" if grown else ""))
    peaks = "".join(f" {costs.peak_gb:.1f} |" for costs in all_costs)
    table.append(f"| highest memory, GB |{peaks}" + ("  |" if grown else ""))
    return "\n".join(table)


def slowest(all_costs: list[Costs], how_many: int) -> str:
    """The dearest models of the last company, with what they cost in the others."""
    grown = len(all_costs) > 1
    table = [
        "| CPU s |"
        + "".join(f" {costs.people:,} people |" for costs in all_costs)
        + (" ratio |" if grown else ""),
        "| --- |" + " ---: |" * (len(all_costs) + grown),
    ]
    for model in list(all_costs[-1].models())[:how_many]:
        seconds = [costs.models()[model] for costs in all_costs]
        row = f"| `{model}` |" + "".join(f" {second:.2f} |" for second in seconds)
        table.append(row + (f" {seconds[-1] / seconds[0]:.1f} |" if grown else ""))
    return "\n".join(table)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("people", nargs="*", type=int, default=[20_000, 100_000])
    parser.add_argument("--keep", type=Path, help="folder of companies that landed")
    parser.add_argument("--memory-limit", default="8GB", help="what DuckDB may use")
    parser.add_argument("--slowest", type=int, default=15)
    parser.add_argument("--plans", type=int, default=0)
    parser.add_argument("--models", type=Path, help="JSON file for the seconds of every node")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        homes = given.keep or Path(folder)
        all_costs = [
            measure(
                people,
                homes / str(people),
                given.memory_limit,
                given.plans if people == max(given.people) else 0,
            )
            for people in sorted(given.people)
        ]
    if given.models:
        told = {costs.people: costs.nodes for costs in all_costs}
        given.models.write_text(json.dumps(told, indent=1))
    for costs in all_costs:
        rows = ", ".join(f"{rows:,} {table}" for table, rows in list(costs.rows.items())[:6])
        print(f"{costs.people:,} people: {rows}\n")
    print(totals(all_costs), slowest(all_costs, given.slowest), sep="\n\n")
    for model, lines in all_costs[-1].plans.items():
        print(f"\n`{model}`\n\n```\n{lines}\n```")


if __name__ == "__main__":
    main()
