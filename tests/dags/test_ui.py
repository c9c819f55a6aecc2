"""``cartera ui``: Airflow with the DAGs on the loopback, which works, stops and leaves nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psutil
import pytest

from cartera import arrows
from cartera.errors import LockBusy, UsageError
from cartera.scheduler import home, standalone
from cartera.settings import CHECKOUT, Settings
from ingestion.demo.company import write_company
from tests.dags.page import Page
from tests.dags.processes import processes_of

SERVE = (
    "from cartera.scheduler import standalone; from cartera.settings import load_settings;"
    "standalone.run(load_settings(), port={port}, progress=lambda line: print(line, flush=True))"
)


@contextmanager
def served(settings: Settings, port: int) -> Iterator[subprocess.Popen[str]]:
    """A process that runs ``cartera ui``; killed hard if the test leaves it running."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(port=port)],
        cwd=CHECKOUT,
        env={**os.environ, "CARTERA_HOME": str(settings.home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for left in processes_of(settings):
            left.kill()


def read_until(process: subprocess.Popen[str], beginning: str) -> str:
    """The first line that starts so. Fails if the process ends without it."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith(beginning):
            return line.strip()
    raise AssertionError(f"it ended without a line that starts with {beginning!r}")


def listeners(settings: Settings) -> set[tuple[str, int]]:
    """Addresses and ports on which the processes of this CARTERA_HOME listen."""
    return {
        (each.laddr.ip, each.laddr.port)
        for process in processes_of(settings)
        for each in process.net_connections(kind="inet")
        if each.status == psutil.CONN_LISTEN
    }


@pytest.mark.timeout(400)
def test_the_page_runs_the_chain_from_inbox_to_list_and_stops_without_a_trace(
    settings: Settings,
) -> None:
    write_company(settings.inbox, people=60, seed=7, as_of=date(2026, 11, 1), days=60)
    last, *others = arrows.systems_with_inbox(settings)
    for system in others:
        arrows.ingest(settings, system)
    port = standalone.free_port()
    with served(settings, port) as process:
        address = read_until(process, "Airflow is at ").split()[-1]
        _, _, _, user, *_, password = read_until(process, "Log in as ").split()
        page = Page(address, user, password)
        chain = [f"ingest_{last}", "build_warehouse", "pull_audiences"]
        page.wait_for_dags(set(chain), within=60)
        assert all(page.dags()[dag]["is_paused"] for dag in chain)
        assert listeners(settings) == {(home.LOOPBACK, port)}
        with pytest.raises(LockBusy):
            standalone.run(settings, port=0)
        for dag in chain:
            page.switch_on(dag)

        # Only the first is started by hand: each wakes the next through its asset.
        page.trigger(chain[0])
        for dag in chain:
            (run,) = page.wait_for_runs(dag, within=120)
            assert run["state"] == "success"
        built = page.runs("build_warehouse")[0]
        assert built["run_type"] == "asset_triggered"
        report = page.returned("build_warehouse", built["dag_run_id"], "build")
        current = (settings.publications / "current").resolve()
        assert current.name == report["publication_id"]
        assert (current / "warehouse.duckdb").is_file()

        # A backfill takes one run per day, and wakes no build.
        page.backfill(chain[0], date(2026, 10, 30), date(2026, 10, 31))
        days = page.wait_for_runs(chain[0], "backfill", 2, within=60)
        assert {day["partition_key"] for day in days} == {"2026-10-30", "2026-10-31"}
        assert {day["state"] for day in days} == {"success"}
        assert len(page.runs("build_warehouse")) == 1

        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert processes_of(settings) == []
        screens = [file for file in home.log_folder(settings).rglob("*") if file.is_file()]
        assert screens
        assert not [file for file in screens if password in file.read_text(errors="replace")]


@pytest.mark.parametrize(
    ("how", "after"),
    [
        (signal.SIGINT, "Preparing"),
        pytest.param(signal.SIGKILL, "Starting", marks=pytest.mark.nightly),
    ],
)
def test_a_page_that_is_stopped_or_killed_while_it_starts_leaves_no_process(
    settings: Settings, how: signal.Signals, after: str
) -> None:
    with served(settings, standalone.free_port()) as process:
        read_until(process, after)
        deadline = time.monotonic() + 30
        while len(processes_of(settings)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(processes_of(settings)) >= 2
        process.send_signal(how)
        assert process.wait(60) == (0 if how == signal.SIGINT else -signal.SIGKILL)
        deadline = time.monotonic() + 30
        while processes_of(settings) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert processes_of(settings) == []


def test_a_port_that_is_taken_is_said_at_once(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind((home.LOOPBACK, 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"Port \d+ cannot be used"):
            standalone.run(settings, port=taken.getsockname()[1])
    assert not home.airflow_home(settings).exists()


def test_the_password_and_the_database_are_for_the_owner_only(settings: Settings) -> None:
    home.make_folders(settings)
    file = home.airflow_home(settings) / "passwords.json"
    password = standalone.make_password(file)
    assert (file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == (0, 0)
    assert standalone.make_password(file) == password
