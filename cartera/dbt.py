"""Running dbt over a candidate, and reading what it said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cartera import dbt_parsed
from cartera.duck import connect
from cartera.errors import CarteraError, RefusedByData
from cartera.process import of_this_process
from cartera.settings import CHECKOUT, Settings

PROJECT = CHECKOUT / "dbt_project"


@dataclass(frozen=True)
class NodeRun:
    """One model, seed or test of a dbt run."""

    node: str
    kind: str
    status: str
    seconds: float
    failures: int
    message: str


def project_variables() -> dict[str, Any]:
    """The thresholds of the definitions, with their defaults, as the models have them."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    variables: dict[str, Any] = project["vars"]
    return variables


def run_dbt(
    settings: Settings,
    candidate: Path,
    *,
    select: list[str],
    variables: dict[str, Any],
    log: Path,
    lock: int | None = None,
    scratch: bool = False,
) -> list[NodeRun]:
    """``dbt build`` of ``select`` on ``candidate``; unit tests are the suite's, not a build's, and
    exposures make nothing.

    ``lock`` is the descriptor of the build's lock, which dbt keeps while it writes. Text of
    ``scratch`` is not compressed: it is gone when the build ends.
    Raises RefusedByData when a data test failed and CarteraError when dbt could not run.
    """
    target = candidate / "dbt"
    parsed = dbt_parsed.place(PROJECT, variables)
    environment = {
        **os.environ,
        **of_this_process(),
        "CARTERA_CANDIDATE": str(candidate),
        "CARTERA_PARSED": str(parsed),
        **_limits(settings),
        "CARTERA_UNCOMPRESSED": "dictionary,fsst" if scratch else "dictionary",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [
        *[sys.executable, "-m", "cartera.dbt_process"],
        *["build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)],
        *["--target-path", str(target), "--log-path", str(log)],
        *["--vars", json.dumps(variables)],
        *["--exclude-resource-type", "unit_test", "exposure"],
        *["--quiet", "--no-version-check", "--select", *select],
    ]
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    done = subprocess.run(
        command,
        env=environment,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=() if lock is None else (lock,),
        check=False,
    )
    dbt_parsed.keep(target, parsed)
    runs = _read_results(results)
    if done.returncode == 0 and runs:
        return runs
    _raise(runs, done.stdout, log)
    return []


def _limits(settings: Settings) -> dict[str, str]:
    """What DuckDB may use, in dbt's process as in this one."""
    with connect(settings) as connection:
        limits = "select current_setting('memory_limit'), current_setting('threads')::varchar"
        memory, threads = connection.execute(limits).fetchall()[0]
    return {"CARTERA_MEMORY_LIMIT": memory, "CARTERA_THREADS": threads}


def _read_results(path: Path) -> list[NodeRun]:
    if not path.exists():
        return []
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [
        NodeRun(
            node=result["unique_id"].split(".", 2)[2],
            kind=result["unique_id"].split(".", 1)[0],
            status=result["status"],
            seconds=round(result["execution_time"], 3),
            failures=result.get("failures") or 0,
            message=result.get("message") or "",
        )
        for result in results
    ]


def _raise(runs: list[NodeRun], output: str, log: Path) -> None:
    failed = [run for run in runs if run.status == "fail"]
    broken = [run for run in runs if run.status == "error"]
    if broken or not failed:
        said = broken[0].message if broken else "\n".join(output.strip().splitlines()[-8:])
        what = broken[0].node if broken else "dbt"
        if "No space left" in said + output:
            raise OSError(28, f"No space left on device, at {what}")
        raise CarteraError(
            f"{what} failed: {' '.join(said.split())[:600] or 'it gave no reason'}.",
            fix=f"The log is in {log}.",
        )
    tests = "; ".join(f"{run.node}: {run.failures} rows" for run in failed[:5])
    raise RefusedByData(
        f"{len(failed)} data tests failed, so nothing was published: {tests}.",
        fix=f"The current publication is untouched; the log is in {log}.",
    )
