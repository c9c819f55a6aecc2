"""What the documents say exists: links, commands, settings, tables."""

from __future__ import annotations

import importlib.util
import re
import shlex

import pytest
import typer
import yaml

from cartera.cli import app
from cartera.settings import CHECKOUT, Settings

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
        if hasattr(node, "commands"):
            assert word in node.commands, f"{page}: cartera {command}"
            node = node.commands[word]
        elif word.startswith("--"):
            options = [name for parameter in node.params for name in parameter.opts]
            assert word in options, f"{page}: cartera {command}"
        if not hasattr(node, "commands") and " or " in command:
            break


def test_the_settings_are_all_explained_and_no_others() -> None:
    text = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = text.split("## Settings")[1].split("##")[0]
    explained = set(re.findall(r"`CARTERA_([A-Z_]+)`", table)) - {"NOW"}
    assert explained == {name.upper() for name in Settings.model_fields}


def test_the_tables_of_the_readme_are_all_the_published_ones() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    table = text.split("## What comes out")[1].split("##")[0]
    named = set(re.findall(r"`(?:core\.|marts\.)?([a-z_0-9]+)`", table))
    models = CHECKOUT / "dbt_project" / "models"
    published = {p.stem for room in ("core", "marts") for p in (models / room).rglob("*.sql")}
    assert published <= named


def test_the_warehouse_page_has_the_columns_of_every_core_table() -> None:
    page = (CHECKOUT / "docs" / "warehouse.md").read_text(encoding="utf-8")
    shown = {
        table: re.findall(r"`([a-z0-9_]+)`", columns)
        for table, columns in re.findall(r"(?m)^\| `([a-z_0-9]+)` \| .*? \| (`.*`) \|$", page)
    }
    models = CHECKOUT / "dbt_project" / "models" / "core"
    described = {
        model["name"]: [column["name"] for column in model["columns"]]
        for path in sorted(models.glob("_*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    }
    assert described.keys() == {path.stem for path in models.glob("*.sql")}
    assert {table: shown.get(table) for table in described} == described


def test_the_contracts_page_names_the_fields_of_a_contract() -> None:
    from ingestion.contract import Contract, Forms, Mapping

    text = (CHECKOUT / "docs" / "contracts.md").read_text(encoding="utf-8")
    for model in (Contract, Forms, Mapping):
        for name, field in model.model_fields.items():
            written = field.alias or name
            if (model, written) != (Contract, "about"):
                assert re.search(rf"\b{written}\b", text), f"{model.__name__}.{written}"


def test_the_metrics_page_has_the_registry_as_it_is() -> None:
    spec = importlib.util.spec_from_file_location(
        "metrics_page", CHECKOUT / "tools" / "metrics_page.py"
    )
    assert spec is not None
    assert spec.loader is not None
    metrics_page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(metrics_page)
    page = metrics_page.PAGE.read_text(encoding="utf-8")
    assert metrics_page.BEGIN + metrics_page.table() + metrics_page.END in page
