"""tools/uv.py: whoever's pip works behind a mirror, their `make` does too."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(CHECKOUT / "tools" / "uv.py"))
MIRROR = "https://mirror.example/simple"


def for_uv(options: dict[str, str], **environment: str) -> dict[str, str]:
    result: dict[str, str] = TOOL["uv_environment"](environment, options)
    return result


def test_a_mirror_that_only_pip_knows_is_handed_over(tmp_path: Path) -> None:
    assert for_uv({"index-url": MIRROR}, HOME=str(tmp_path))["UV_DEFAULT_INDEX"] == MIRROR


def test_further_indexes_count_as_they_do_for_pip(tmp_path: Path) -> None:
    result = for_uv({"extra-index-url": "file:///a\nfile:///b"}, HOME=str(tmp_path))
    assert result["UV_INDEX"] == "file:///a file:///b"
    assert result["UV_INDEX_STRATEGY"] == "unsafe-best-match"


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"])
def test_an_index_that_uv_was_given_itself_wins(tmp_path: Path, name: str) -> None:
    environment = {"HOME": str(tmp_path), name: "https://own.example/simple"}
    assert for_uv({"index-url": MIRROR}, **environment) == environment


@pytest.mark.parametrize(
    ("written", "handed_over"),
    [
        ('[[index]]\nurl = "https://own.example/simple"\n', False),
        ('[pip]\nindex-url = "https://own.example/simple"\n', False),
        ("offline = false\n", True),
    ],
)
def test_so_does_an_index_in_uv_toml(tmp_path: Path, written: str, handed_over: bool) -> None:
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "uv.toml").write_text(written)
    result = for_uv({"index-url": MIRROR}, XDG_CONFIG_HOME=str(tmp_path))
    assert ("UV_DEFAULT_INDEX" in result) is handed_over


def test_without_any_configuration_nothing_is_added(tmp_path: Path) -> None:
    assert for_uv({}, HOME=str(tmp_path)) == {"HOME": str(tmp_path)}


def test_the_more_specific_place_wins_as_in_pip() -> None:
    listing = (
        ":env:.index-url='https://env.example'\n"
        "global.index-url='https://global.example'\n"
        "global.cert='/global.pem'\n"
        "install.cert='/install.pem'\n"
        "download.cert='/download.pem'\n"
    )
    assert TOOL["pip_options"](listing) == {
        "index-url": "https://env.example",
        "cert": "/install.pem",
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose uv says what it was given."""
    (tmp_path / "tools").mkdir()
    shutil.copy(CHECKOUT / "tools" / "uv.py", tmp_path / "tools" / "uv.py")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    uv = tmp_path / ".venv" / "bin" / "uv"
    uv.write_text('#!/bin/sh\necho "$UV_DEFAULT_INDEX $@"\nexit 7\n')
    uv.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("place", ["variable", "pip.conf"])
def test_uv_is_really_called_with_it_and_no_file_keeps_it(checkout: Path, place: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_"))}
    environment |= {"HOME": str(checkout), "XDG_CONFIG_HOME": str(checkout / "config")}
    if place == "variable":
        environment["PIP_INDEX_URL"] = MIRROR
    else:
        (checkout / "config" / "pip").mkdir(parents=True)
        (checkout / "config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {MIRROR}\n")
    before = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}
    command = [sys.executable, checkout / "tools" / "uv.py", "pip", "sync", "x.txt"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=checkout
    )
    assert done.stdout.strip() == f"{MIRROR} pip sync x.txt"
    assert done.returncode == 7
    after = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}
    assert {file: text for file, text in after.items() if "__pycache__" not in file.parts} == before
