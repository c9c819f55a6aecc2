"""A command ends with a code that scripts can use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cartera import batches, cli
from cartera.errors import BaseMoved
from cartera.lock import hold
from cartera.settings import CHECKOUT, Settings
from tests.cartera.calling import TICKETS, Run, deliver, publish


def test_code_0_what_was_asked_is_done(run: Run, settings: Settings) -> None:
    deliver(settings, text=TICKETS + "1;Yunque;;;;1,50;1.234,50;31/12/2025;\n")
    ended = run("ingest", "till")
    assert ended.code == 0
    assert "ingested" in ended.out
    (batch,) = json.loads(run("batch", "list", "--json").out)
    assert (batch["received"], batch["accepted"]) == (1, 1)


def test_code_1_refused_by_data(run: Run, settings: Settings) -> None:
    deliver(settings, text="otra\n1\n")
    deliver(settings, "2026-01-03.csv")
    ended = run("ingest", "till")
    assert ended.code == 1
    assert "2026-01-02.csv" in ended.err
    assert "cartera batch release" in ended.err.replace("\n", " ")
    assert len(batches.scan(settings)) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("fetch",),
        ("fetch", "tlil"),
        ("frobnicate",),
        ("ingest", "--frobnicate"),
        ("ingest", "tlil"),
        ("ingest", "till", "--from", "yesterday"),
        ("build", "--accept", "rule"),
        ("build", "--as-of", "31/12/2026"),
        ("batch", "show", "none"),
        ("audience", "preview", "champion"),
        ("publications", "prune", "--keep", "0"),
        ("demo", "--people", "1"),
        ("demo", "--from", "nowhere"),
    ],
    ids=" ".join,
)
def test_code_2_wrong_usage(run: Run, settings: Settings, words: tuple[str, ...]) -> None:
    publish(settings)
    ended = run(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err
    assert "Traceback" not in ended.err


def test_code_2_a_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_REPORTING_CURRENCY", "euros")
    ended = run("status")
    assert ended.code == 2
    assert "CARTERA_REPORTING_CURRENCY" in ended.err


def test_code_3_an_exception_that_nobody_expected(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("by [nothing]")

    monkeypatch.setattr(batches, "scan", broken)
    ended = run("batch", "list")
    assert (ended.code, ended.out) == (3, "")
    assert "ZeroDivisionError: by [nothing]" in ended.err
    assert "Traceback" in ended.err
    told = run("batch", "list", "--json")
    assert told.code == 3
    assert json.loads(told.out)["error"] == "ZeroDivisionError: by [nothing]."


def test_code_4_somebody_else_holds_the_lock(run: Run, settings: Settings) -> None:
    deliver(settings)
    with hold(settings, "ingest-products"):
        ended = run("ingest", "till")
    assert ended.code == 4
    assert f"held by process {os.getpid()}" in ended.err.replace("\n", " ")
    with hold(settings, "build"):
        assert run("publications", "prune").code == 4
        assert run("build").code == 4


def test_code_4_the_base_has_moved(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(*arguments: object, **more: object) -> None:
        raise BaseMoved("Another is current.")

    monkeypatch.setattr(cli.arrows, "build", moved)
    assert run("build").code == 4


@pytest.mark.parametrize(
    ("words", "code"),
    [(("version",), 0), (("build",), 1), (("batch", "show", "x"), 2), (("nothing",), 2)],
)
def test_a_real_process_ends_with_the_code(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cartera.cli", *words],
        cwd=CHECKOUT,
        env={**os.environ, "CARTERA_HOME": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if code == 0:
        assert done.stdout.strip() == cli.__version__
