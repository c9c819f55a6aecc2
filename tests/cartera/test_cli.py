"""Every command explains itself and speaks JSON."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cartera import batches, cli, publications
from cartera.settings import CHECKOUT, Settings
from tests.cartera.calling import Run, deliver, publish

# Those that print nothing to parse: one runs until it is stopped, the other prints a word.
NO_DATA = {"contract check", "contract presets", "contract schema", "ui", "version"}


def commands() -> dict[str, Any]:
    """Every command by its full name, such as ``audience pull``."""

    def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
        if hasattr(command, "commands"):
            for child in command.commands.values():
                yield from walk(child, f"{name} {child.name}".strip())
        else:
            yield name, command

    return dict(walk(typer.main.get_command(cli.app), ""))


COMMANDS = commands()


def test_the_commands_of_the_interface_are_there() -> None:
    assert {
        *("run", "demo", "fetch", "ingest", "build", "status", "doctor", "ui", "version"),
        *("batch list", "batch show", "batch release", "batch discard"),
        *("publications list", "publications rollback", "publications prune"),
        *("quality", "publications diff", "backup", "restore", "export parquet", "export postgres"),
        *("quarantine list", "quarantine show", "quarantine replay", "quarantine fix"),
        "quarantine export",
        *("audience new", "audience list", "audience preview", "audience pull"),
        *("audience history", "audience compare", "audience columns", "audience send"),
        *("desk user add", "desk user list", "desk user remove"),
    } <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_and_an_example_that_parses(name: str) -> None:
    text = COMMANDS[name].help
    assert text
    assert text.strip().splitlines()[0].endswith(".")
    (example,) = [line.strip() for line in text.splitlines() if line.strip().startswith("Example:")]
    program, *words = shlex.split(example.removeprefix("Example:"))
    assert program == "cartera"
    assert words[: len(name.split())] == name.split()
    # Raises where a word is no argument or option of the command.
    context = COMMANDS[name].make_context(name, words[len(name.split()) :])
    assert context.command is COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_every_option(name: str) -> None:
    options = [p for p in COMMANDS[name].params if p.param_type_name == "option"]
    silent = [p.opts[0] for p in options if not p.help]
    assert silent == []


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - NO_DATA))
def test_a_data_command_takes_json_and_home(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--json", "--home"} <= options


@pytest.mark.parametrize("words", [(), ("batch",), ("audience",), ("publications",), ("export",)])
def test_a_group_alone_shows_its_help(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert "Usage: " in ended.out + ended.err
    assert run(*words, "--help").code == 0


READS = [
    ("batch", "list"),
    ("publications", "list"),
    ("quarantine", "list"),
    ("audience", "list"),
    ("audience", "preview", "champions"),
    ("status",),
    ("doctor",),
    ("ingest",),
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_json_on_standard_output_is_json_and_nothing_else(
    run: Run, settings: Settings, words: tuple[str, ...]
) -> None:
    deliver(settings)
    publish(settings)
    ended = run(*words, "--json")
    assert (ended.code, ended.err) == (0, "")
    json.loads(ended.out)
    plain = run(*words)
    assert plain.code == 0
    assert plain.out


def test_a_failed_check_is_still_one_json_document(run: Run, settings: Settings) -> None:
    publish(settings)
    (settings.publications / "current" / publications.CONTACTS).chmod(0o644)
    ended = run("doctor", "--json")
    assert ended.code == 3
    failed = [check["check"] for check in json.loads(ended.out) if not check["ok"]]
    assert failed == ["current"]
    assert "can be read by everybody (mode 644)" in run("doctor").err.replace("\n", " ")


def test_home_wins_over_the_environment(run: Run, tmp_path: Path) -> None:
    elsewhere = Settings(home=tmp_path / "elsewhere", hash_key="k")
    deliver(elsewhere)
    (row,) = json.loads(run("ingest", "till", "--json", "--home", str(elsewhere.home)).out)[:1]
    assert row["system"] == "till"
    assert len(batches.scan(elsewhere)) == 1


def test_a_refusal_in_json_says_what_landed_all_the_same(run: Run, settings: Settings) -> None:
    deliver(settings, "2026-01-02.csv", "")
    deliver(settings, "2026-01-03.csv")
    told = json.loads(run("ingest", "till", "--json").out)
    assert told["kind"] == "RefusedByData"
    assert sum(row["batches"] for row in told["report"]) == 1


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("build", "--json"), "RefusedByData", 1),
        (("audience", "pull", "champions", "--json"), "RefusedByData", 1),
        (("audience", "pull", "champion", "--json"), "UsageError", 2),
        (("batch", "show", "x", "--json"), "UsageError", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_an_error_in_json_says_what_and_what_to_do(
    run: Run, words: tuple[str, ...], kind: str, code: int
) -> None:
    ended = run(*words)
    told = json.loads(ended.out)
    assert (ended.code, told["exit_code"], told["kind"]) == (code, code, kind)
    assert told["error"]
    assert told["fix"]


def test_a_name_with_markup_is_shown_as_it_is(run: Run) -> None:
    ended = run("batch", "show", "[red]x[/red]")
    assert "'[red]x[/red]'" in ended.err


def test_no_command_waits_for_what_few_commands_need() -> None:
    """They would double what each takes to start."""
    code = (
        "import sys, cartera.cli; "
        "heavy = {'dbt', 'great_expectations', 'pandas', 'phonenumbers', 'scipy', 'sqlglot'}; "
        "heavy &= set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
