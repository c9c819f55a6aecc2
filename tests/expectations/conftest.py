"""A small consistent candidate, copied for every test that spoils one."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

Spoil = Callable[[Iterable[str]], Path]

FILES = ("work", "contacts", "warehouse")
# Three customers, four orders, one campaign, two days, in the order that they build on each other.
CANDIDATE = ("work", "contacts", "core", "marts", "meta")


def run_sql(folder: Path, statements: Iterable[str]) -> None:
    """Run statements with the candidate's three files attached for writing."""
    with duckdb.connect() as connection:
        for name in FILES:
            connection.execute(f"attach '{folder / name}.duckdb' as {name}")
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="session")
def good_candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three DuckDB files that break no rule. Read only: copy to change."""
    folder = tmp_path_factory.mktemp("good") / "candidate"
    folder.mkdir()
    made = Path(__file__).parent / "candidate"
    run_sql(folder, [(made / f"{name}.sql").read_text(encoding="utf-8") for name in CANDIDATE])
    return folder


@pytest.fixture
def spoil(good_candidate: Path, tmp_path: Path) -> Spoil:
    """Copies the good candidate and runs statements on the copy."""

    def copy(statements: Iterable[str]) -> Path:
        folder = tmp_path / "candidate"
        shutil.copytree(good_candidate, folder)
        run_sql(folder, statements)
        return folder

    return copy


@pytest.fixture(scope="session")
def damage() -> ModuleType:
    """The module ``damage.py`` beside this file."""
    path = Path(__file__).with_name("damage.py")
    spec = importlib.util.spec_from_file_location("expectations_damage", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def run_statements() -> Callable[[Path, Iterable[str]], None]:
    return run_sql
