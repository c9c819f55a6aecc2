"""The promises of .ci/run, kept against a checkout whose commands only say that they ran."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def clone(folder: Path, *, rules: dict[str, str], packages: str = "# none\n") -> Path:
    """A checkout with the real .ci/run, a Makefile of ``rules`` and an apt-get that reports."""
    (folder / ".ci").mkdir()
    shutil.copy(CHECKOUT / ".ci" / "run", folder / ".ci" / "run")
    makefile = "".join(f"{target}:\n\t{recipe}\n" for target, recipe in rules.items())
    (folder / "Makefile").write_text(makefile)
    (folder / "packages.txt").write_text(packages)
    (folder / ".venv").mkdir()
    (folder / "bin").mkdir()
    for name in ("apt-get", "sudo"):
        (folder / "bin" / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (folder / "bin" / name).chmod(0o755)
    return folder


def ci(folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [folder / ".ci" / "run"],
        env={**os.environ, "PATH": path, **extra},
        capture_output=True,
        text=True,
        check=False,
    )


TARGETS = ("lint", "test", "test-readers", "test-spark", "test-browser")
SAY = {name: f"@echo ran {name}" for name in TARGETS}


def ran(output: str) -> list[str]:
    return [line.removeprefix("ran ") for line in output.splitlines() if line.startswith("ran ")]


def test_lint_comes_first_then_the_tests_then_each_further_target(tmp_path: Path) -> None:
    done = ci(clone(tmp_path, rules=SAY))
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == list(TARGETS)


def test_a_target_whose_room_is_not_built_is_not_asked_for(tmp_path: Path) -> None:
    done = ci(clone(tmp_path, rules={name: SAY[name] for name in ("lint", "test")}))
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == ["lint", "test"]


@pytest.mark.parametrize("broken", list(SAY))
def test_it_fails_when_anything_fails(tmp_path: Path, broken: str) -> None:
    done = ci(clone(tmp_path, rules={**SAY, broken: "@exit 5"}))
    assert done.returncode != 0
    assert ran(done.stdout) == list(SAY)[: list(SAY).index(broken)]


def test_listed_packages_are_installed_after_an_update(tmp_path: Path) -> None:
    done = ci(
        clone(tmp_path, rules=SAY, packages="# browser\nchromium # for screenshots\n\nxvfb\n")
    )
    calls = [line for line in done.stdout.splitlines() if "apt-get" in line]
    assert len(calls) == 2
    assert "update" in calls[0]
    assert calls[1].endswith("chromium xvfb")


def test_an_empty_list_asks_for_nothing(tmp_path: Path) -> None:
    assert "apt-get" not in ci(clone(tmp_path, rules=SAY)).stdout


def test_a_venv_and_settings_that_were_there_before_are_not_used(tmp_path: Path) -> None:
    rules = {
        **SAY,
        "lint": "@test ! -e .venv && env | grep -E '^(PYTHONPATH|CARTERA_|AIRFLOW)' || true",
    }
    done = ci(
        clone(tmp_path, rules=rules),
        PYTHONPATH="/elsewhere",
        CARTERA_HOME="/elsewhere",
        AIRFLOW__CORE__EXECUTOR="Other",
    )
    assert done.returncode == 0
    assert "elsewhere" not in done.stdout
    assert "Other" not in done.stdout
    assert not (tmp_path / ".venv").exists()
