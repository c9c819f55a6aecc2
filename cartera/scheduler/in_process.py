"""Run DAGs here and now, in order, in one process: what ``cartera run`` does.

That one process is a child. Importing Airflow takes over logging, warnings and signal handlers,
and its tasks write to the screen; in a child all of it stays in a file of ``state/logs``, and
what the caller wants (progress, results, the error of a task) comes back through a pipe.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cartera import errors
from cartera.errors import CarteraError, UsageError
from cartera.lock import hold
from cartera.process import die_with_parent, of_this_process
from cartera.scheduler import home
from cartera.scheduler.processes import stop_session
from cartera.settings import Settings

Progress = Callable[[str], None]
Runs = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class DagResult:
    """What became of one DAG: the value each task returned, and the error that ended it."""

    dag_id: str
    returned: dict[str, Any]
    error: CarteraError | None = None


def run_dags(
    settings: Settings,
    runs: Runs,
    progress: Progress,
    *,
    go_on_after: tuple[type[CarteraError], ...] = (),
    dags: Path = home.DAGS,
) -> list[DagResult]:
    """Run each ``(dag_id, conf)`` to its end, one after the other, without retries.

    Returns their results, in order. The first task that fails ends the chain, and its own error
    is raised; errors of the types ``go_on_after`` are kept in the result instead. What is no
    CarteraError arrives as one, with the place of the log. Raises LockBusy if another process
    is running DAGs in this CARTERA_HOME.
    """
    home.make_folders(settings)
    log = home.log_folder(settings) / "run.log"
    job = {"runs": runs, "go_on_after": [kind.__name__ for kind in go_on_after]}
    env = home.environment(settings, dags=dags)
    results: list[DagResult] = []
    last: CarteraError | None = None
    with hold(settings, "airflow-run"), _child(env, job, log) as (child, lines):
        for line in lines:
            message = json.loads(line)
            if "progress" in message:
                progress(message["progress"])
                continue
            result = _result(message, log)
            results.append(result)
            if result.error and not isinstance(result.error, go_on_after):
                last = result.error
        status = child.wait()
    if last:
        raise last
    if status or len(results) != len(runs):
        raise CarteraError(
            f"Airflow ended with status {status} after {len(results)} of {len(runs)} DAGs.",
            fix=f"Its last words are in {log}.",
        )
    return results


@contextmanager
def _child(
    env: dict[str, str], job: dict[str, Any], log: Path
) -> Iterator[tuple[subprocess.Popen[bytes], IO[str]]]:
    """The process that runs the DAGs, and the lines it sends. Leaves nothing running."""
    receiver, sender = os.pipe()
    with open(receiver, encoding="utf-8") as lines, log.open("wb") as screen:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", __name__, str(sender), json.dumps(job)],
                env={**env, **of_this_process()},
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                pass_fds=[sender],
                start_new_session=True,
            )
        finally:
            os.close(sender)
        try:
            yield child, lines
        finally:
            stop_session(child, signal.SIGINT, patience=10)


def _result(message: dict[str, Any], log: Path) -> DagResult:
    error = message["error"]
    return DagResult(
        dag_id=message["dag_id"],
        returned=message["returned"],
        error=_rebuilt(error, message["dag_id"], log) if error else None,
    )


def _kind(name: str) -> type[CarteraError] | None:
    """The type of error of that name, if it is one of Cartera's."""
    kind = getattr(errors, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, CarteraError) else None


def _rebuilt(error: dict[str, str], dag_id: str, log: Path) -> CarteraError:
    """The error as it was raised in the task."""
    if kind := _kind(error["kind"]):
        return kind(error["message"], fix=error["fix"])
    return CarteraError(
        f"{dag_id} failed: {error['kind']}: {error['message']}",
        fix=f"The whole story is in {log}.",
    )


# What follows runs in the child.


class _Forward(logging.Handler):
    """Sends the arrows' progress to the caller."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(logging.INFO)
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        self._send({"progress": record.getMessage()})


def _run_one(dag: Any, conf: dict[str, Any]) -> dict[str, Any]:
    """Run one DAG; returns the message for the caller."""
    failures: list[BaseException] = []
    for task in dag.tasks:
        # Whoever runs it by hand sees the error now; retries are for the night.
        task.retries = 0
        task.on_failure_callback = [lambda context: failures.append(context["exception"])]
    run = dag.test(logical_date=None, run_conf=conf)
    error = _described(failures[0]) if failures else None
    if error is None and run.state != "success":
        error = {"kind": "AirflowError", "message": f"the run ended as {run.state}", "fix": ""}
    return {"dag_id": dag.dag_id, "returned": _returned(run), "error": error}


def _described(error: BaseException) -> dict[str, str]:
    if isinstance(error, CarteraError):
        return {"kind": type(error).__name__, "message": error.message, "fix": error.fix}
    return {"kind": type(error).__name__, "message": str(error), "fix": ""}


def _returned(run: Any) -> dict[str, Any]:
    """The value that each task of the run returned."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows: Any = session.scalars(
            XComModel.get_many(run_id=run.run_id, dag_ids=run.dag_id, key="return_value")
        )
        return {row.task_id: XComModel.deserialize_value(row) for row in rows}


def _ends_the_chain(error: dict[str, str] | None, go_on_after: list[str]) -> bool:
    if error is None:
        return False
    kept = tuple(kind for name in go_on_after if (kind := _kind(name)))
    return not issubclass(_kind(error["kind"]) or CarteraError, kept)


def _run_all(runs: Runs, go_on_after: list[str], send: Callable[[dict[str, Any]], None]) -> None:
    send({"progress": "Starting Airflow"})
    home.prepare_database()
    from airflow.dag_processing.dagbag import DagBag

    from cartera.scheduler.tasks import PROGRESS

    PROGRESS.addHandler(_Forward(send))
    PROGRESS.setLevel(logging.INFO)
    PROGRESS.propagate = False
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    for file, trouble in bag.import_errors.items():
        raise UsageError(f"{file} does not load: {trouble.strip().splitlines()[-1]}.")
    for dag_id, conf in runs:
        if dag_id not in bag.dags:
            known = ", ".join(sorted(bag.dags))
            raise UsageError(f"There is no DAG {dag_id!r}.", fix=f"There are: {known}.")
        message = _run_one(bag.dags[dag_id], conf)
        send(message)
        if _ends_the_chain(message["error"], go_on_after):
            return


def _main(sender: int, job: dict[str, Any]) -> None:
    die_with_parent()
    with open(sender, "w", encoding="utf-8", buffering=1) as pipe:

        def send(message: dict[str, Any]) -> None:
            pipe.write(json.dumps(message) + "\n")

        try:
            _run_all(job["runs"], job["go_on_after"], send)
        except CarteraError as error:
            send({"dag_id": "", "returned": {}, "error": _described(error)})


if __name__ == "__main__":
    _main(int(sys.argv[1]), json.loads(sys.argv[2]))
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking all of Airflow's modules apart would cost three more seconds, and holds nothing.
    os._exit(0)
