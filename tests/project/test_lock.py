"""The lock: pinned, hashed, tied to no index, fitting pyproject.toml, and what is installed."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = CHECKOUT / "requirements"
FILES = ("base", "build", "dev", "examples", "connectors", "spark", "desk", "browser")
# These come with `make test-spark` and `make test-browser` alone, which take them from the lock.
LATER = {"spark", "desk", "browser"}
# Each of these has a DuckDB of its own, in a folder of its own.
READERS = ("reader-1_0", "reader-1_2", "reader-1_4")
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def entries(text: str) -> list[str]:
    """The requirements in ``text``, each with its hashes on one line."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def problems(text: str) -> list[str]:
    """What keeps ``text`` from being a pinned, hashed lock that any index can serve."""
    found = [
        f"address: {line}" for line in text.splitlines() if re.search(r"://|^--|^\s+-i ", line)
    ]
    for entry in entries(text):
        if not re.match(
            r"[A-Za-z0-9._-]+==[^\s;*]+( ;.*?)? +--hash=sha256:[0-9a-f]{64}",
            entry,
        ):
            found.append(f"not pinned and hashed: {entry}")
    return found


def pins(name: str) -> dict[str, list[Requirement]]:
    """Package -> its pins in a file; several where they differ by platform."""
    found: dict[str, list[Requirement]] = {}
    for entry in entries((REQUIREMENTS / f"{name}.txt").read_text()):
        requirement = Requirement(entry.split("--hash")[0].strip())
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def wanted(name: str) -> list[Requirement]:
    """What pyproject.toml asks of a file."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    lines: list[str] = [] if name in ("build", "browser") else list(project["dependencies"])
    lines += project["optional-dependencies"].get(name, [])
    if name in groups:
        for line in groups[name]:
            lines += [line] if isinstance(line, str) else groups[line["include-group"]]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", [*FILES, *READERS])
def test_every_requirement_is_pinned_and_hashed_and_no_index_is_named(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    assert entries(text)
    assert problems(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "duckdb==1.5.6\n",
        "duckdb>=1.5 --hash=sha256:" + "0" * 64,
        "duckdb @ https://mirror.example/duckdb.whl --hash=sha256:" + "0" * 64,
        "--index-url https://mirror.example/simple\n",
        "--extra-index-url file:///mirror\n",
    ],
)
def test_that_check_finds_what_it_looks_for(line: str) -> None:
    assert problems(line)


@pytest.mark.parametrize("name", FILES)
def test_the_lock_fits_pyproject(name: str) -> None:
    locked = pins(name)
    for requirement in wanted(name):
        for pin in locked[canonicalize_name(requirement.name)]:
            version = next(iter(pin.specifier)).version
            assert requirement.specifier.contains(version), f"{requirement}: run make lock"


@pytest.mark.parametrize("name", READERS)
def test_an_old_reader_is_the_version_that_is_promised(name: str) -> None:
    ((package, (pin,)),) = pins(name).items()
    (asked,) = PROJECT["dependency-groups"][name]
    version = next(iter(pin.specifier)).version
    assert (package, Requirement(asked).specifier.contains(version)) == ("duckdb", True)
    assert version.startswith(name.removeprefix("reader-").replace("_", ".") + ".")


def test_any_of_the_files_can_be_installed_together() -> None:
    seen: dict[str, set[str]] = {}
    for name in FILES:
        for package, requirements in pins(name).items():
            told = " ".join(sorted(str(requirement) for requirement in requirements))
            # Whether a package is for PyPy, too, is no other pin: Cartera runs on CPython.
            seen.setdefault(package, set()).add(re.sub(r"; [^,]*\"PyPy\"$", "", told))
    assert {package: found for package, found in seen.items() if len(found) > 1} == {}


def test_what_is_installed_is_what_is_locked() -> None:
    for name in set(FILES) - LATER:
        for package, requirements in pins(name).items():
            for pin in requirements:
                if pin.marker is None or pin.marker.evaluate():
                    installed = importlib.metadata.version(package)
                    assert pin.specifier.contains(installed), f"{pin}, not {installed}: make test"


def test_locking_without_a_venv_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    script = shutil.copy(REQUIREMENTS / "lock.sh", tmp_path / "requirements")
    done = subprocess.run(["bash", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make lock" in done.stderr
