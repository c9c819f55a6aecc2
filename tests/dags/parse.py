"""Parses DAG files, each in a process of its own, and prints as JSON what came of each, by name.

    python -m tests.dags.parse dags/ingest.py dags/maintenance.py

The processes are forks of this one, which has imported Airflow: six seconds for all of them.

``modules``: what the file itself made Python load; ``trouble``: its import error; ``dags``: what
is scheduled, and for every task what Airflow does after each of Cartera's errors.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock


def import_interface() -> None:
    """Import what every DAG file begins with."""
    import airflow.sdk

    for lazily_loaded in ("DAG", "Asset", "task"):
        getattr(airflow.sdk, lazily_loaded)


def modules_loaded_by(file: Path) -> list[str]:
    """The modules that Python loads for ``file``, beyond those of Airflow's DAG interface."""
    before = set(sys.modules)
    spec = importlib.util.spec_from_file_location("under_test", file)
    assert spec
    assert spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return sorted(set(sys.modules) - before)


def described(dag: Any) -> dict[str, Any]:
    from airflow.serialization.encoders import encode_timetable

    return {
        "schedule": brief(encode_timetable(dag.timetable)),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "runs_when_switched_on": runs_when_switched_on(dag),
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "tasks": {task.task_id: task_described(task) for task in dag.tasks},
    }


def runs_when_switched_on(dag: Any) -> bool:
    """Whether there is an hour of the week in which switching the DAG on starts a run at once."""
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables.base import TimeRestriction

    timetable = decode_timetable(encode_timetable(dag.timetable))
    anything = TimeRestriction(earliest=dag.start_date, latest=None, catchup=dag.catchup)
    sunday = datetime(2026, 11, 1, 0, 1, tzinfo=UTC)
    for now in (sunday + timedelta(hours=hours) for hours in range(7 * 24)):
        with mock.patch("airflow.timetables.trigger.utcnow", return_value=now):
            first = timetable.next_dagrun_info(
                last_automated_data_interval=None, restriction=anything
            )
        if first and first.run_after <= now:
            return True
    return False


def brief(schedule: Any) -> Any:
    """A timetable as Airflow stores it, with assets as their addresses."""
    if isinstance(schedule, list):
        return [brief(part) for part in schedule]
    if not isinstance(schedule, dict):
        return schedule
    if schedule.get("__type") == "asset":
        return schedule["uri"]
    return {key: brief(part) for key, part in schedule.items()}


def task_described(task: Any) -> dict[str, Any]:
    return {
        "then": sorted(task.downstream_task_ids),
        "outlets": [asset.uri for asset in task.outlets],
        "pool": task.pool,
        "priority": task.priority_weight,
        "retries": task.retries,
        "retry_delay_seconds": task.retry_delay.total_seconds(),
        "after_error": decisions(task),
    }


def decisions(task: Any) -> dict[str, str]:
    """What follows each of Cartera's errors; "default" is another try."""
    from cartera import errors

    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and kind.__module__ == errors.__name__
    ]
    return {
        kind.__name__: task.retry_policy.evaluate(kind("x"), 1, task.retries).action.value
        for kind in kinds
    }


def parsed(file: Path) -> dict[str, Any]:
    """What Airflow makes of the file: its import error and its DAGs."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(file))
    return {
        "trouble": "\n".join(bag.import_errors.values()),
        "dags": {dag_id: described(dag) for dag_id, dag in sorted(bag.dags.items())},
    }


def in_a_fork(function: Callable[[Path], Any], file: Path) -> Any:
    """What ``function`` returns for ``file`` in a process that has imported no more than this."""
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        try:
            with open(sender, "w") as pipe:
                json.dump(function(file), pipe)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    os.close(sender)
    with open(receiver) as answers:
        answer = answers.read()
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{file} was not parsed")
    return json.loads(answer)


def main(files: list[Path]) -> None:
    import_interface()
    modules = {file.name: in_a_fork(modules_loaded_by, file) for file in files}
    # All of Airflow, now that nobody asks any more what a file loads.
    importlib.import_module("airflow.dag_processing.dagbag")
    answers = {
        file.name: {"modules": modules[file.name], **in_a_fork(parsed, file)} for file in files
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main([Path(name).resolve() for name in sys.argv[1:]])
