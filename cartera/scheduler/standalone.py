"""Airflow itself on this machine's loopback, with its page: what ``cartera ui`` does.

Its components are started one by one. ``airflow standalone`` would open two more ports on every
interface to serve task logs, which are read from the disk here, and prints the password.
The triggerer is left out: no task defers.
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cartera.errors import CarteraError, UsageError
from cartera.lock import hold
from cartera.scheduler import home
from cartera.scheduler.processes import stop_session, terminate_with_parent
from cartera.settings import Settings

USER = "admin"
READY_WITHIN = 180.0
PAUSE = 0.2
COMPONENTS: dict[str, list[str]] = {
    "api-server": [],
    "scheduler": ["--skip-serve-logs"],
    "dag-processor": [],
}
Progress = Callable[[str], None]
Asked = Callable[[], bool]
Processes = dict[str, subprocess.Popen[bytes]]


def run(settings: Settings, *, port: int = 8080, progress: Progress = print) -> None:
    """Serve until SIGINT or SIGTERM; then end every process of it and return.

    ``port`` 0 takes a free one. Raises UsageError if the port is taken, LockBusy if this
    CARTERA_HOME has its page open already, and CarteraError if a component ends by itself or is
    not ready within three minutes.
    """
    port = free_port() if port == 0 else _checked(port)
    home.make_folders(settings)
    env = home.environment(settings, port=port)
    # One key for all components, new each time: left alone, each could make its own.
    env["AIRFLOW__API_AUTH__JWT_SECRET"] = secrets.token_hex(32)
    env["AIRFLOW__API__SECRET_KEY"] = secrets.token_hex(32)
    password = make_password(Path(env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]))
    processes: Processes = {}
    with hold(settings, "airflow-ui", wait=0), _signals() as asked_to_stop:
        try:
            progress("Preparing Airflow's database")
            if not _prepare(settings, env, processes, asked_to_stop):
                return
            progress("Starting Airflow; this takes about half a minute")
            for name, flags in COMPONENTS.items():
                processes[name] = _spawn(settings, env, name, ["airflow", name, *flags])
            if not _wait_until_ready(settings, processes, port, asked_to_stop):
                return
            progress(f"Airflow is at http://{home.LOOPBACK}:{port}")
            progress(f"Log in as {USER} with the password {password}")
            progress("New DAGs are paused until you switch them on. Ctrl-C stops everything.")
            while not asked_to_stop():
                _check_alive(settings, processes)
                time.sleep(PAUSE)
        finally:
            progress("Stopping Airflow")
            _stop(processes)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((home.LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _checked(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((home.LOOPBACK, port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"Port {port} cannot be used: {error}.", fix="Choose another one, or 0 for any."
            ) from error
    return port


def make_password(file: Path) -> str:
    """The password of the only user, made on first use. A known one is never printed to a log."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps({USER: secrets.token_urlsafe(12)}))
    return str(json.loads(file.read_text())[USER])


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Take SIGINT and SIGTERM; yields a function that says whether one has come.

    They raise nothing, so that none can hit between the start of a process and its being noted.
    """
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda received, frame: came.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log(settings: Settings, name: str) -> Path:
    return home.log_folder(settings) / f"ui-{name}.log"


def _spawn(
    settings: Settings, env: dict[str, str], name: str, command: list[str]
) -> subprocess.Popen[bytes]:
    with _log(settings, name).open("wb") as screen:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            env=env,
            cwd=settings.state,
            stdin=subprocess.DEVNULL,
            stdout=screen,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=terminate_with_parent,
        )


def _prepare(
    settings: Settings, env: dict[str, str], processes: Processes, asked_to_stop: Asked
) -> bool:
    """Make the database; False if asked to stop meanwhile."""
    child = _spawn(settings, env, "database", ["cartera.scheduler.home"])
    processes["database"] = child
    while child.poll() is None:
        if asked_to_stop():
            return False
        time.sleep(PAUSE)
    del processes["database"]
    if child.returncode:
        raise CarteraError(
            f"Airflow's database could not be made (status {child.returncode}).",
            fix=f"See {_log(settings, 'database')}.",
        )
    return True


def _stop(processes: Processes) -> None:
    """End all components at the same time, then see to it that nothing of them is left."""
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        stop_session(process, signal.SIGTERM, patience=15)


def _check_alive(settings: Settings, processes: Processes) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise CarteraError(
                f"Airflow's {name} ended by itself with status {process.returncode}.",
                fix=f"See {_log(settings, name)}.",
            )


def _wait_until_ready(
    settings: Settings, processes: Processes, port: int, asked_to_stop: Asked
) -> bool:
    """Wait for every component to say that it is well; False if asked to stop meanwhile."""
    deadline = time.monotonic() + READY_WITHIN
    while not _is_healthy(port):
        _check_alive(settings, processes)
        if asked_to_stop():
            return False
        if time.monotonic() > deadline:
            raise CarteraError(
                f"Airflow was not ready within {READY_WITHIN:.0f} seconds.",
                fix=f"See the files in {home.log_folder(settings)}.",
            )
        time.sleep(PAUSE)
    return True


def _is_healthy(port: int) -> bool:
    url = f"http://{home.LOOPBACK}:{port}/api/v2/monitor/health"
    try:
        # An http address of our own.
        with urllib.request.urlopen(url, timeout=5) as answer:  # nosec B310
            health = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return all(
        health[part]["status"] == "healthy"
        for part in ("metadatabase", "scheduler", "dag_processor")
    )
