"""Processes that begin with everything imported, which takes a tenth of an interpreter's start.

A server that has imported the command line and is never used for anything forks them. They end,
stop and are killed like any other; only /proc shows them with the server's environment.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# What a command imports when it needs it, besides what the command line itself imports.
PRELOADED = (
    "tests.faults.drive",
    "cartera.activation.rule",
    "cartera.backups",
    "cartera.commands.status",
    "cartera.identity.resolve",
    "cartera.prediction.factors",
    "cartera.prediction.predict",
    "cartera.privacy.sweep",
    "ingestion.connectors.history",
    "ingestion.landing",
    "ingestion.views",
    "pandas",
    "sqlglot.dialects.duckdb",
)
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(list(PRELOADED))


class Forked:
    """A process that runs ``main`` with other arguments and another environment.

    What the tests use of ``subprocess.Popen``, as it is there.
    """

    def __init__(
        self, main: Callable[[], None], arguments: list[str], environment: dict[str, str]
    ) -> None:
        self._said = Path(tempfile.mkdtemp(prefix="cartera-faults-"))
        for descriptor in (1, 2):
            (self._said / str(descriptor)).touch(0o600)
        # As a daemon it does not outlive a suite that is interrupted.
        self._process = SERVER.Process(
            target=_begin, args=(main, arguments, environment, self._said), daemon=True
        )
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit code, less than 0 for a signal's number; None while it runs."""
        return self._process.exitcode

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end: standard output and error. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        if self._said.exists():
            self._texts = (self._said / "1").read_text(), (self._said / "2").read_text()
            shutil.rmtree(self._said)
        return self._texts


def _begin(
    main: Callable[[], None], arguments: list[str], environment: dict[str, str], said: Path
) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    for descriptor in (1, 2):
        file = os.open(said / str(descriptor), os.O_WRONLY)
        os.dup2(file, descriptor)
        os.close(file)
    sys.argv = arguments
    try:
        main()
    finally:
        # A process of multiprocessing passes these over.
        atexit._run_exitfuncs()
