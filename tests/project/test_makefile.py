"""The promises of the Makefile: what a word does, what it installs, and what it leaves alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MAKEFILE = (CHECKOUT / "Makefile").read_text()
STAMPS = ("stamp-build", "stamp-base", "stamp-dev")


def make(folder: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("PYTHONPYCACHEPREFIX", None)
    return subprocess.run(
        ["make", "--no-print-directory", "-C", folder, *arguments],
        env={**environment, **extra},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that make looks at, in order of age, with every stamp younger than all."""
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    shutil.copytree(CHECKOUT / "requirements", tmp_path / "requirements")
    (tmp_path / ".venv").mkdir()
    for age, name in enumerate(STAMPS):
        stamp = tmp_path / ".venv" / name
        stamp.touch()
        os.utime(stamp, (4e9 + age, 4e9 + age))
    return tmp_path


def renew(checkout: Path, name: str) -> None:
    os.utime(checkout / name, (4.1e9, 4.1e9))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_help_names_every_target() -> None:
    listed = set(re.findall(r"make ([a-z-]+)", make(CHECKOUT, "help").stdout))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert listed == targets() == set(phony[1].split())


def test_every_make_command_in_the_documents_exists() -> None:
    documents = [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")]
    assert documents
    for document in documents:
        named = set(
            re.findall(r"(?:^|`)(?:\$ )?make ([a-z-]+)", document.read_text(), re.MULTILINE)
        )
        assert named <= targets(), document


@pytest.mark.parametrize("word", ["run", "ui", "test", "nightly", "lint"])
def test_a_venv_that_fits_the_lock_is_left_alone(checkout: Path, word: str) -> None:
    assert "uv.py" not in make(checkout, "-n", word).stdout


def test_a_user_installs_what_users_need_and_no_more(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    steps = make(checkout, "-n", "run").stdout
    assert "requirements/base.txt" in steps
    assert "requirements/dev.txt" not in steps
    assert "requirements/dev.txt" in make(checkout, "-n", "test").stdout


def test_running_after_testing_takes_no_tool_away(checkout: Path) -> None:
    renew(checkout, "requirements/dev.txt")
    assert "uv.py" not in make(checkout, "-n", "run").stdout
    renew(checkout, "requirements/base.txt")
    steps = make(checkout, "-n", "run").stdout
    assert "pip install" in steps
    assert "pip sync" not in steps


@pytest.mark.parametrize("changed", ["base", "build", "dev", "examples"])
def test_a_changed_lock_is_installed_exactly_before_tests(checkout: Path, changed: str) -> None:
    renew(checkout, f"requirements/{changed}.txt")
    assert "pip sync" in make(checkout, "-n", "test").stdout


@pytest.mark.parametrize("python", ["./old-python", "./no-such-python"])
def test_an_unfit_python_gives_one_clear_sentence(checkout: Path, python: str) -> None:
    shutil.rmtree(checkout / ".venv")
    (checkout / "old-python").write_text("#!/bin/sh\nexit 1\n")
    (checkout / "old-python").chmod(0o755)
    done = make(checkout, "run", f"PYTHON={python}")
    assert done.returncode == 2
    assert "Cartera needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv").exists()


def environment_of_recipes(folder: Path, **extra: str) -> dict[str, str]:
    (folder / "show.mk").write_text("include Makefile\nshow:\n\t@env\n")
    lines = make(folder, "-f", "show.mk", "show", **extra).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_nothing_here_phones_home(checkout: Path) -> None:
    environment = environment_of_recipes(checkout)
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "False"
    assert environment["GX_ANALYTICS_ENABLED"] == "False"


def test_where_bytecode_is_forbidden_it_is_kept_apart(checkout: Path) -> None:
    environment = environment_of_recipes(checkout, PYTHONDONTWRITEBYTECODE="1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PYTHONPYCACHEPREFIX"] == str(checkout / ".cache" / "pycache")
    assert "PYTHONPYCACHEPREFIX" not in environment_of_recipes(checkout)


def test_no_other_python_leaks_in(checkout: Path) -> None:
    leaks = {"PYTHONPATH": "/elsewhere", "PYTHONHOME": "/elsewhere", "VIRTUAL_ENV": "/elsewhere"}
    assert not leaks.keys() & environment_of_recipes(checkout, **leaks).keys()


def test_clean_keeps_the_data_and_the_secrets(checkout: Path) -> None:
    (checkout / "data" / "__pycache__").mkdir(parents=True)
    (checkout / "cartera" / "__pycache__").mkdir(parents=True)
    (checkout / ".env").touch()
    assert make(checkout, "clean").returncode == 0
    assert (checkout / "data" / "__pycache__").exists()
    assert (checkout / ".env").exists()
    assert not (checkout / "cartera" / "__pycache__").exists()
    assert not (checkout / ".venv").exists()
