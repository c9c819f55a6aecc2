"""The command line, as ``python -m tests.faults.drive build …``, with some things added.

``FAULTS_RECORD=DIR``: keep there what the models, run without dbt, and the gate made.
``FAULTS_REPLAY=DIR:PARTS``: of ``staging``, ``core`` and ``gate`` take these from the recording,
instead of starting dbt or Great Expectations for seconds. It holds for the inputs of the
recording only. All else of a build is what it always is: lock, freeze, landing views, identity,
meta tables, publish.
``FAULTS_STOP=POINT``: stop at this point until somebody sends SIGCONT; ``POINT:3`` means the
third time that it is met.
``FAULTS_CLOCK=TIME``: it is this time at the start, and time goes on from there.
``FAULTS_JUMP=SECONDS@POINT``: at this point the clock is set on, or back, by so much; with
``start`` for a point it is wrong from the start.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import expectations.gate
from cartera import cli, clock, faults
from cartera.arrows import building
from cartera.dbt import NodeRun
from expectations.result import GateResult

# As a line of progress, so that it is no part of an error.
JUMPED = "· the clock is another"
FILES = ("work.duckdb", "contacts.duckdb", "warehouse.duckdb")


def part_of(select: list[str]) -> str:
    """Which of the two dbt runs of a build this is."""
    return "staging" if "path:models/staging" in select else "core"


def recording(folder: Path) -> None:
    """Have the models, which need no dbt for it, and the gate leave a copy of what they made."""
    from tests.without_dbt import run_compiled

    run_gate = expectations.gate.run_gate

    def dbt(settings: Any, candidate: Path, *, select: list[str], **options: Any) -> Any:
        runs = run_compiled(settings, candidate, select=select, **options)
        kept = folder / part_of(select)
        kept.mkdir(parents=True)
        for name in FILES:
            shutil.copy(candidate / name, kept / name)
        shutil.copytree(candidate / "dbt", kept / "dbt")
        (kept / "runs.json").write_text(json.dumps([asdict(run) for run in runs]))
        return runs

    def gate(*arguments: Any, **options: Any) -> GateResult:
        result = run_gate(*arguments, **options)
        (folder / "gate.json").write_text(result.to_json())
        return result

    building.run_dbt = dbt
    expectations.gate.run_gate = gate


def replaying(folder: Path, parts: set[str]) -> None:
    """Have dbt and the gate, or parts of them, answer from the recording."""
    run_dbt, run_gate = building.run_dbt, expectations.gate.run_gate

    def dbt(settings: Any, candidate: Path, *, select: list[str], **options: Any) -> Any:
        part = part_of(select)
        if part not in parts:
            return run_dbt(settings, candidate, select=select, **options)
        for name in FILES:
            shutil.copy(folder / part / name, candidate / name)
        shutil.copytree(folder / part / "dbt", candidate / "dbt", dirs_exist_ok=True)
        recorded = json.loads((folder / part / "runs.json").read_text())
        return [NodeRun(**run) for run in recorded]

    def gate(
        candidate: Path,
        base: Path | None,
        accept: dict[str, str],
        run_id: str,
        checked_at: datetime,
        out: Path,
        **options: Any,
    ) -> GateResult:
        if "gate" not in parts:
            return run_gate(candidate, base, accept, run_id, checked_at, out, **options)
        recorded = GateResult.from_json((folder / "gate.json").read_text())
        result = GateResult(run_id, checked_at, recorded.results, recorded.cost)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(result.to_json())
        return result

    building.run_dbt = dbt
    expectations.gate.run_gate = gate


def at_point(at: str, act: Callable[[], None]) -> None:
    """Have something done when the point ``at`` is met, or met for the n-th time."""
    wanted, _, times = at.partition(":")
    assert wanted in faults.POINTS, at
    point: Callable[[str], None] = faults.point
    left = int(times or 1)

    def acting(name: str) -> None:
        nonlocal left
        if name == wanted:
            left -= 1
            if left == 0:
                act()
        point(name)

    faults.point = acting


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def setting_the_clock(start: str, jump: str) -> None:
    """Have Cartera's clock begin at ``start``, tick, and jump."""
    began, ticking = datetime.fromisoformat(start), time.monotonic()
    ahead = timedelta()
    seconds, _, at = jump.partition("@")

    def set_it() -> None:
        nonlocal ahead
        ahead = timedelta(seconds=int(seconds))
        print(JUMPED, file=sys.stderr)

    if at == "start":
        set_it()
    elif at:
        at_point(at, set_it)
    clock.now = lambda: began + ahead + timedelta(seconds=time.monotonic() - ticking)


def main() -> None:
    assert not hasattr(building, "run_gate"), "it is replaced in expectations.gate, to no effect"
    if folder := os.environ.get("FAULTS_RECORD"):
        recording(Path(folder))
    if replay := os.environ.get("FAULTS_REPLAY"):
        folder, _, parts = replay.rpartition(":")
        replaying(Path(folder), set(parts.split(",")))
    if at := os.environ.get("FAULTS_STOP"):
        at_point(at, stop)
    if start := os.environ.get("FAULTS_CLOCK"):
        setting_the_clock(start, os.environ.get("FAULTS_JUMP", ""))
    cli.main()


if __name__ == "__main__":
    main()
