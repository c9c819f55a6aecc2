"""Every command explains itself, speaks JSON, and ends with a code that scripts can use."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from cartera import batches, cli, publications
from cartera.errors import BaseMoved
from cartera.lock import hold
from cartera.settings import CHECKOUT, Settings
from ingestion.contract import load_contracts
from ingestion.landing import ingest_contract
from tests.activation.conftest import CONTACTS, PUBLICATION, WAREHOUSE, write

# Those that print nothing to parse: one runs until it is stopped, the other prints a word.
NO_DATA = {"contract check", "contract presets", "contract schema", "ui", "version"}
TICKETS = "articulo;descripcion;marca;familia;subfamilia;coste;pvp_sin_iva;fecha_alta;fecha_modif\n"
ANVIL = "1;Yunque;;;;1,50;1.234,50;31/12/2025;\n"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


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


@pytest.fixture
def run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Calls the entry point as a shell would, on a home of the test's own."""
    mask = os.umask(0o022)
    monkeypatch.setenv("CARTERA_HOME", str(settings.home))
    monkeypatch.setenv("CARTERA_THREADS", "2")

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["cartera", *words])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    yield call
    os.umask(mask)


def deliver(settings: Settings, name: str = "2026-01-02.csv", text: str = TICKETS + ANVIL) -> Path:
    path = settings.inbox / "till" / "products" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def publish(settings: Settings) -> None:
    folder = settings.publications / PUBLICATION
    folder.mkdir(parents=True)
    write(folder / publications.WAREHOUSE, WAREHOUSE)
    write(folder / publications.CONTACTS, CONTACTS)
    (folder / publications.CONTACTS).chmod(0o400)
    (settings.publications / "current").symlink_to(PUBLICATION)


def test_the_commands_of_the_interface_are_there() -> None:
    assert {
        *("run", "demo", "fetch", "ingest", "build", "status", "doctor", "ui", "version"),
        *("batch list", "batch show", "batch release", "batch discard"),
        *("publications list", "publications rollback", "publications prune"),
        *("quarantine list", "quarantine show"),
        *("audience list", "audience preview", "audience pull"),
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


@pytest.mark.parametrize("words", [(), ("batch",), ("audience",), ("publications",)])
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


def test_a_refusal_in_json_says_what_landed_all_the_same(run: Run, settings: Settings) -> None:
    deliver(settings, "2026-01-02.csv", "")
    deliver(settings, "2026-01-03.csv")
    told = json.loads(run("ingest", "till", "--json").out)
    assert told["kind"] == "RefusedByData"
    assert sum(row["batches"] for row in told["report"]) == 1


def test_a_held_batch_is_released_and_discarded_by_hand(run: Run, settings: Settings) -> None:
    contract = next(c for c in load_contracts(None, "till") if c.source == "products")
    for day in ("02", "03"):
        deliver(settings, f"2026-01-{day}.csv", TICKETS + "1;Yunque;;;;caro;2;31/12/2025;\n")
    assert len(ingest_contract(settings, contract).held) == 2
    first, second = json.loads(run("batch", "list", "--held", "--json").out)
    assert run("batch", "release", first["batch_id"]).code == 2
    assert run("batch", "release", first["batch_id"], "--reason", "one is dear").code == 0
    changed = run("batch", "discard", second["batch_id"][:8], "--reason", "wrong", "--json")
    assert json.loads(changed.out)["state"] == "discarded"
    assert json.loads(run("batch", "list", "--held", "--json").out) == []
    shown = json.loads(run("quarantine", "show", first["batch_id"], "--json").out)
    assert [row["rule"] for row in shown] == ["unreadable:unit_cost"]
    assert "caro" in run("quarantine", "show", first["batch_id"]).out


def connect(settings: Settings, folder: Path) -> None:
    path = settings.connections / "till.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"system: till\nkind: files\nwhere: {folder}\nsettle_seconds: 0\n"
        "fetch: [{files: '*.csv', to: products}]\n"
    )


def test_an_ingest_fetches_first_where_there_is_a_connection(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "2026-01-02.csv").write_text(TICKETS + "1;Yunque;;;;12,00;2;31/12/2025;\n")
    connect(settings, exports)
    assert json.loads(run("ingest", "till", "--no-fetch", "--json").out)[0]["batches"] == 0
    assert run("ingest").code == 0
    assert [manifest.delivery for manifest in batches.scan(settings)] == [
        "till/products/2026-01-02.csv"
    ]
    (row,) = json.loads(run("fetch", "--json").out)
    assert (row["files"], row["already"]) == (0, 1)
    assert "fetched" in run("fetch", "till").out


def test_what_cannot_be_fetched_keeps_nothing_back_that_is_here(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    connect(settings, tmp_path / "gone")
    deliver(settings)
    ended = run("ingest", "till")
    assert (ended.code, len(batches.scan(settings))) == (2, 1)
    assert "is no folder" in ended.err.replace("\n", " ")
    told = run("fetch", "--json")
    assert (told.code, json.loads(told.out)["kind"]) == (2, "UsageError")


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
