"""What the gate costs on demo companies of growing size, and which of its rules cost most.

    python -m benchmarks.gate 20000 100000 --keep /tmp/companies

Builds each company as far as the gate, keeps that candidate, and asks the gate about it as a build
does: in a process of its own, with a base, so that every rule is asked. The base is the candidate
itself. Then each rule that is a query is asked alone. Prints Markdown tables. ``--keep`` holds
landed companies and candidates for the next time, so that a rule can be measured again after a
change; the companies are those of ``benchmarks.warehouse``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

from benchmarks.warehouse import AS_OF, land, tell
from cartera import clock
from cartera.arrows import build, building
from cartera.settings import Settings
from expectations.gate import GateResult, run_gate

# A candidate lies here when it is whole.
CANDIDATE, BASE = "candidate", "base"


@dataclass(frozen=True)
class Costs:
    """What the gate said and cost, and CPU seconds of its dearest queries by rule."""

    people: int
    result: GateResult
    rules: dict[str, float]


class BuiltError(Exception):
    """The candidate is built and kept, and the rest of the build is not wanted."""


def candidate_of(people: int, settings: Settings) -> Path:
    """The folder of the company's candidate, which is built unless it is kept."""
    kept = settings.home / CANDIDATE
    if kept.exists():
        return kept
    land(people, settings)

    def keep(under_way: building.Build, accept: dict[str, str]) -> NoReturn:
        aside = settings.home / f".{CANDIDATE}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        for name in building.FILES:
            os.link(under_way.candidate / f"{name}.duckdb", aside / f"{name}.duckdb")
        aside.rename(kept)
        raise BuiltError

    with patch.object(building, "_audit", keep), suppress(BuiltError):
        build(settings, as_of=AS_OF, progress=lambda line: tell(f"{people:,} people: {line}"))
    return kept


def measure(people: int, home: Path, memory_limit: str) -> Costs:
    """Ask the gate about the company in ``home``, which is made there unless it is."""
    settings = Settings(home=home, memory_limit=memory_limit)
    candidate, base = candidate_of(people, settings), home / BASE
    base.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        # Under another name, since DuckDB attaches no file twice.
        os.link(candidate / "warehouse.duckdb", base / "warehouse.duckdb")
    tell(f"{people:,} people: the gate")
    result = run_gate(
        candidate,
        base,
        {},
        "bench",
        clock.now(),
        home / "gate.json",
        threads=settings.threads,
    )
    return Costs(people, result, alone(candidate, base))


def alone(candidate: Path, base: Path) -> dict[str, float]:
    """CPU seconds of each rule that is a query, asked alone, the dearest first."""
    from expectations import dialect
    from expectations.audit import looked_at, read_catalog
    from expectations.rules import NO_ROWS
    from expectations.suites import SUITES

    files = {name: str(candidate / f"{name}.duckdb") for name in building.FILES}
    files["base"] = str(base / "warehouse.duckdb")
    spill = str(candidate / ".bench-spill")
    session = dialect.Session(files=files, spill=spill)
    costs = {}
    before = time.process_time()
    with dialect.connect(session) as connection:
        catalog = looked_at(connection, read_catalog(connection, session))
        costs["look at all texts"] = time.process_time() - before
        for rule in (rule for rules in SUITES.values() for rule in rules):
            if rule.expectation == NO_ROWS:
                before = time.process_time()
                connection.execute(rule.arguments_for(catalog)["sql"]).fetchall()
                costs[rule.name] = time.process_time() - before
    shutil.rmtree(spill, ignore_errors=True)
    return dict(sorted(costs.items(), key=lambda item: -item[1]))


def table(all_costs: list[Costs], how_many: int) -> str:
    """A row for the gate's cost, one for its memory, and one for each of its dearest rules."""
    rows = [
        ["", *(f"{costs.people:,} people" for costs in all_costs)],
        ["---", *("---:" for _ in all_costs)],
        ["import, CPU s", *(f"{c.result.cost['import_cpu_seconds']:.1f}" for c in all_costs)],
        ["rules, CPU s", *(f"{c.result.cost['audit_cpu_seconds']:.1f}" for c in all_costs)],
        ["highest memory, MB", *(f"{c.result.cost['peak_mb']:,.0f}" for c in all_costs)],
    ]
    for name in list(all_costs[-1].rules)[:how_many]:
        rows.append([f"`{name}`, alone", *(f"{c.rules[name]:.2f}" for c in all_costs)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("people", nargs="*", type=int, default=[20_000])
    parser.add_argument("--keep", type=Path, help="folder of companies that landed")
    parser.add_argument("--memory-limit", default="8GB", help="what DuckDB may use to build")
    parser.add_argument("--slowest", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        homes = given.keep or Path(folder)
        all_costs = [
            measure(people, homes / str(people), given.memory_limit)
            for people in sorted(given.people)
        ]
    for costs in all_costs:
        failed = [rule.rule for rule in costs.result.results if rule.status != "ok"]
        print(f"{costs.people:,} people: {len(costs.result.results)} rules, {failed or 'all ok'}\n")
    print(table(all_costs, given.slowest))


if __name__ == "__main__":
    main()
