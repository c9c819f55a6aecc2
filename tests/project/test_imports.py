"""Rooms lean on the hall and not on each other; the hall leans on no room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cartera.settings import CHECKOUT

# What each room may import, besides itself: the hall is all of cartera outside its rooms.
ROOMS = {
    "cartera/identity": "cartera.identity",
    "cartera/prediction": "cartera.prediction",
    "cartera/activation": "cartera.activation",
    "cartera/briefing": "cartera.briefing",
    "cartera/forms": "cartera.forms",
    "ingestion": "ingestion",
    "expectations": "expectations",
}
# Those whose work it is to join the rooms.
JOINTS = (
    "cartera/cli.py",
    "cartera/commands",
    "cartera/arrows",
    "cartera/scheduler",
    "cartera/privacy",
    "cartera/desk",
)
JOINT_MODULES = (
    "cartera.cli",
    "cartera.commands",
    "cartera.arrows",
    "cartera.scheduler",
    "cartera.privacy",
    "cartera.desk",
)
HEAVY = {
    "dbt",
    "duckdb",
    "great_expectations",
    "httpx",
    "numpy",
    "pandas",
    "pyarrow",
    "requests",
    "scipy",
}


def modules_of(folder: str) -> list[Path]:
    path = CHECKOUT / folder
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """Every module that ``tree`` imports, wherever in it; ``from a import b`` may be ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def wrong_imports(path: Path, own: str | None) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    closed = [room for room in ROOMS.values() if room != own] + [*JOINT_MODULES, "dags", "tests"]
    return [module for module in imported(tree, path) if is_within(module, *closed)]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_the_hall_and_itself_alone(room: str) -> None:
    found = modules_of(room)
    assert found
    assert {p.name: wrong for p in found if (wrong := wrong_imports(p, ROOMS[room]))} == {}


def test_the_hall_imports_no_room() -> None:
    apart = [CHECKOUT / folder for folder in (*JOINTS, *ROOMS)]
    hall = [p for p in modules_of("cartera") if not any(p.is_relative_to(a) for a in apart)]
    assert len(hall) >= 12
    assert {p.name: wrong for p in hall if (wrong := wrong_imports(p, None))} == {}


@pytest.mark.parametrize("path", modules_of("dags"), ids=lambda p: p.name)
def test_a_dag_file_imports_no_engine_and_no_room_at_module_level(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = ast.Module([n for n in tree.body if not isinstance(n, ast.FunctionDef)], [])
    names = list(imported(top, path))
    assert names
    assert [n for n in names if is_within(n, *HEAVY, *ROOMS.values(), "cartera.arrows")] == []


@pytest.mark.parametrize(
    ("text", "own", "wrong"),
    [
        ("import ingestion.landing", None, ["ingestion.landing"]),
        ("from cartera import arrows", "ingestion", ["cartera.arrows"]),
        ("def f():\n    from expectations import gate", None, ["expectations.gate"]),
        ("from cartera.identity.resolve import resolve", "cartera.identity", []),
        ("from cartera import batches, clock", "ingestion", []),
        ("import ingestion_tools", None, []),
    ],
)
def test_a_planted_import_is_seen(
    tmp_path: Path, text: str, own: str | None, wrong: list[str]
) -> None:
    path = tmp_path / "planted.py"
    path.write_text(text)
    assert wrong_imports(path, own) == wrong
