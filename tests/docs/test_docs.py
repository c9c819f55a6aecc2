"""What the documents say exists: links, commands, settings, tables."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from cartera.cli import app
from cartera.settings import CHECKOUT, Settings
from tests.docs.questions import questions

PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])


def pages(pattern: str) -> list[tuple[str, str]]:
    """Every match of ``pattern`` in a page, with the page's name."""
    return [
        (path.relative_to(CHECKOUT).as_posix(), match)
        for path in PAGES
        for match in re.findall(pattern, path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("page", "target"), pages(r"\]\(([^)#]+)(?:#[^)]*)?\)"))
def test_a_link_leads_somewhere(page: str, target: str) -> None:
    if not target.startswith("http"):
        assert ((CHECKOUT / page).parent / target).exists()


def commands() -> list[tuple[str, str]]:
    """What the pages show in code: lines that run cartera, and words in backticks."""
    shown = pages(r"(?m)^(?:[A-Z_]+=\S+ )*\.venv/bin/cartera ([a-z].*)$")
    shown += pages(r"`(?:\.venv/bin/)?cartera ([a-z][^`]*)`")
    return shown


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_that_is_shown_exists_with_its_options(page: str, command: str) -> None:
    node = typer.main.get_command(app)
    for word in shlex.split(command.replace("…", "x").replace("|", " ")):
        if word.startswith("--"):
            options = [name for parameter in node.params for name in parameter.opts]
            assert word in options, f"{page}: cartera {command}"
        elif hasattr(node, "commands"):
            assert word in node.commands, f"{page}: cartera {command}"
            node = node.commands[word]
        if not hasattr(node, "commands") and " or " in command:
            break


def test_the_settings_are_all_explained_and_no_others() -> None:
    text = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = text.split("## Settings")[1].split("##")[0]
    explained = set(re.findall(r"`CARTERA_([A-Z_]+)`", table)) - {"NOW"}
    assert explained == {name.upper() for name in Settings.model_fields}


def test_the_tests_that_the_security_page_names_are_there() -> None:
    text = (CHECKOUT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_/]+/(?:test_[a-z_]+\.py|fuzz/))`", text)
    assert len(named) > 20
    tests = CHECKOUT / "tests"
    assert [name for name in named if not (tests / name.removeprefix("tests/")).exists()] == []


def test_the_tables_of_the_readme_are_all_the_published_ones() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    table = text.split("## What comes out")[1].split("##")[0]
    named = set(re.findall(r"`(?:core\.|marts\.)?([a-z_0-9]+)`", table))
    assert published() <= named


def published() -> set[str]:
    """The names of the tables of core and marts."""
    models = CHECKOUT / "dbt_project" / "models"
    return {p.stem for room in ("core", "marts") for p in (models / room).rglob("*.sql")}


def test_the_warehouse_page_has_every_core_table() -> None:
    page = (CHECKOUT / "docs" / "warehouse.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"(?m)^\| `([a-z_0-9]+)` \|", page))
    assert {p.stem for p in (CHECKOUT / "dbt_project" / "models" / "core").glob("*.sql")} <= shown


def test_the_contracts_page_names_the_fields_of_a_contract() -> None:
    from ingestion.contract import Contract, Forms, Mapping

    text = (CHECKOUT / "docs" / "contracts.md").read_text(encoding="utf-8")
    for model in (Contract, Forms, Mapping):
        for name, field in model.model_fields.items():
            written = field.alias or name
            if (model, written) != (Contract, "about"):
                assert re.search(rf"\b{written}\b", text), f"{model.__name__}.{written}"


def tool(name: str) -> ModuleType:
    """A script of tools/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses looks its own module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_metrics_page_has_the_registry_as_it_is() -> None:
    metrics_page = tool("metrics_page")
    page = metrics_page.PAGE.read_text(encoding="utf-8")
    assert metrics_page.BEGIN + metrics_page.table() + metrics_page.END in page
    assert metrics_page.BEGIN_MARTS + metrics_page.columns() + metrics_page.END_MARTS in page


def test_the_data_dictionary_and_its_picture_are_those_of_the_models() -> None:
    dictionary = tool("data_dictionary")
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.page()
    assert dictionary.PICTURE.read_text(encoding="utf-8") == dictionary.picture()


@pytest.mark.nightly
def test_the_site_of_the_models_is_one_file_with_every_table(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "tools/docs_site.py", str(tmp_path)], cwd=CHECKOUT, check=True)
    site = (tmp_path / "index.html").read_text(encoding="utf-8")
    for name in published():
        assert f'"name": "{name}"' in site


def test_there_are_forty_questions_of_ten_lines_at_most() -> None:
    asked = questions()
    assert [int(title.split(".")[0]) for title, _ in asked] == list(range(1, 41))
    assert not [title for title, query in asked if len(query.strip().splitlines()) > 10]
