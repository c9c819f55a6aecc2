"""``run_dags`` runs DAGs in order in one process, hands out what they gave, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cartera.errors import CarteraError, LockBusy, RefusedByData, UsageError
from cartera.scheduler import home
from cartera.scheduler.in_process import run_dags
from cartera.settings import CHECKOUT, Settings
from tests.dags.processes import processes_of

CANARY = "c4nary-of-these-tests"
PLANTED = """
import os
import time

from airflow.sdk import DAG, get_current_context, task

from cartera.errors import LockBusy, RefusedByData
from cartera.scheduler.tasks import say
from cartera.settings import load_settings


@task
def answer():
    say("100 % is well")
    say("a file called x.csv\\n[2026-11-01] ERROR forged")
    print("noise on the screen")
    os.system("echo noise of a child")
    settings = load_settings()
    return {
        "conf": get_current_context()["dag_run"].conf,
        "process": os.getpid(),
        "home": str(settings.home),
        "currency": settings.reporting_currency,
    }


@task
def refuse():
    raise RefusedByData("A batch is held.", fix="Release it.")


@task(retries=3)
def busy():
    raise LockBusy("The lock is held.", fix="Wait.")


@task
def crash():
    raise ZeroDivisionError("a slip")


@task
def sleep():
    say("asleep")
    time.sleep(600)


for each in (answer, refuse, busy, crash, sleep):
    with DAG(each.function.__name__):
        each()
"""


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "planted.py").write_text(PLANTED)
    shutil.copy(home.DAGS / "brief_publication.py", folder)
    return folder


def test_dags_run_in_order_in_one_other_process_and_give_what_their_tasks_returned(
    tmp_path: Path, dags: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql://reader:{CANARY}@127.0.0.1:9/nowhere"
    settings = Settings(home=tmp_path, reporting_currency="CHF", hash_key=CANARY, postgres_url=url)
    lines: list[str] = []
    first, held, slipped, briefed, second = run_dags(
        settings,
        [
            *[("answer", {"n": 1}), ("refuse", {}), ("crash", {})],
            *[("brief_publication", {}), ("answer", {"n": 2})],
        ],
        lines.append,
        go_on_after=(CarteraError,),
        dags=dags,
    )
    given, given_later = first.returned["answer"], second.returned["answer"]
    assert [given["conf"], given_later["conf"]] == [{"n": 1}, {"n": 2}]
    assert given["process"] == given_later["process"] != os.getpid()
    assert (given["home"], given["currency"]) == (str(tmp_path), "CHF")
    assert isinstance(held.error, RefusedByData)
    assert (held.returned, first.error) == ({}, None)
    assert isinstance(slipped.error, CarteraError)
    assert str(slipped.error).startswith("crash failed: ZeroDivisionError: a slip")
    assert slipped.error.exit_code == 3
    # A DAG of Cartera's own is no other: nothing has been published here to brief anybody on.
    assert isinstance(briefed.error, RefusedByData)
    assert "Nothing has been published" in str(briefed.error)
    assert lines.count("100 % is well") == 2
    assert capfd.readouterr() == ("", "")
    path = home.log_folder(settings) / "run.log"
    assert str(path) in str(slipped.error)
    log = path.read_text()
    assert "Traceback" in log
    assert "noise on the screen" in log
    assert "noise of a child" in log
    # Who names a file writes no line of the log.
    assert "a file called x.csv\\n[2026-11-01] ERROR forged" in lines
    # No secret in Airflow's database, in what tasks log or in what they print.
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.name.partition("-")[0] for file in files} >= {"airflow", "run.log"}
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []
    assert processes_of(settings) == []


def test_the_error_of_a_task_arrives_as_itself_at_once_and_ends_the_chain(
    settings: Settings, dags: Path
) -> None:
    lines: list[str] = []
    with pytest.raises(LockBusy, match=r"The lock is held\. Wait\.") as caught:
        run_dags(
            settings,
            [("busy", {}), ("answer", {})],
            lines.append,
            go_on_after=(RefusedByData,),
            dags=dags,
        )
    assert caught.value.exit_code == 4
    assert "100 % is well" not in lines


def test_a_dag_that_does_not_exist_or_load_is_named(settings: Settings, dags: Path) -> None:
    with pytest.raises(UsageError, match=r"no DAG 'nothing'\. There are: answer, "):
        run_dags(settings, [("nothing", {})], print, dags=dags)
    (dags / "broken.py").write_text("from airflow.sdk import DAG\nraise KeyError('slip')\n")
    with pytest.raises(UsageError, match=r"broken.py does not load: KeyError: 'slip'"):
        run_dags(settings, [("answer", {})], print, dags=dags)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_chain_that_is_interrupted_or_killed_leaves_no_process(
    settings: Settings, dags: Path, how: signal.Signals
) -> None:
    # What a shell runs in the background ignores interrupts, and so do its children.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "import sys; from pathlib import Path; from cartera.settings import load_settings;"
        "from cartera.scheduler.in_process import run_dags;"
        "run_dags(load_settings(), [('sleep', {})], lambda line: print(line, flush=True),"
        " dags=Path(sys.argv[1]))"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", code, str(dags)],
        cwd=CHECKOUT,
        env={**os.environ, "CARTERA_HOME": str(settings.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert runner.stdout
    for line in runner.stdout:
        if line.strip() == "asleep":
            break
    assert len(processes_of(settings)) == 2
    with pytest.raises(LockBusy):
        run_dags(settings, [("answer", {})], print, dags=dags)
    runner.send_signal(how)
    runner.wait(30)
    deadline = time.monotonic() + 10
    while processes_of(settings) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(settings) == []
