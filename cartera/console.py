"""What people and scripts see: tables and progress for one, JSON for the other."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cartera.errors import CarteraError, one_line
from cartera.settings import Settings, load_settings

# Without a terminal there is no width to keep to, and a table folded at 80 is hard to read.
WIDTH = None if sys.stdout.isatty() else 120
# An id such as shop:phone:… is no picture of a telephone.
out = Console(highlight=False, emoji=False, width=WIDTH)
err = Console(stderr=True, highlight=False, emoji=False)

# A text, or one with a style.
Part = str | tuple[str, str]
# What JSON leaves as it is of what a terminal obeys.
_CONTROL = re.compile("[\x7f-\x9f]")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Where data lives, instead of CARTERA_HOME.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def settings_for(home: Path | None) -> Settings:
    """The settings of a command; ``home`` wins over the environment."""
    return load_settings(home=home)


def _text(*parts: Part) -> Text:
    """``parts`` as they are, whoever wrote them: no markup, and nothing that a terminal obeys."""
    shown = (part if isinstance(part, tuple) else (part, "") for part in parts)
    return Text.assemble(*((one_line(text), style) for text, style in shown))


def say(line: str) -> None:
    """A line of progress, on standard error: standard output is for the result."""
    err.print(_text(("·", "dim"), f" {line}"))


def show_line(*parts: Part) -> None:
    """A line on standard output, of texts as they are and such with a style of Rich's."""
    out.print(_text(*parts), soft_wrap=True)


def show_note(mark: str, line: str, *, to: Console = out) -> None:
    """A line that somebody should see, after a word that says why."""
    to.print(_text((mark, "yellow"), f" {line}"), soft_wrap=True)


def show_text(text: str) -> None:
    """Lines on standard output, such as a file's, as they are but for what a terminal obeys."""
    for line in text.removesuffix("\n").split("\n"):
        print(one_line(line))


def show_json(value: Any) -> None:
    """``value`` as JSON on standard output."""
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    # The other controls JSON spells out by itself.
    print(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table; numbers stand right and with separators, nothing is shown as a dash."""
    show_line((title, "bold"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    held = [list(row) for row in rows]
    for position, name in enumerate(columns):
        numeric = any(isinstance(row[position], int | float) for row in held)
        table.add_column(_text(name), justify="right" if numeric else "left", overflow="fold")
    for row in held:
        table.add_row(*(_text(_cell(value)) for value in row))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, dict):
        counts = [f"{name.replace('_', ' ')} {count:,}" for name, count in value.items() if count]
        return ", ".join(counts) or "none"
    return str(value)


def show_error(error: CarteraError, *, as_json: bool) -> None:
    """One paragraph: what happened, where, what to do."""
    if as_json:
        told: dict[str, Any] = {
            "error": error.message,
            "fix": error.fix,
            "kind": type(error).__name__,
        }
        told |= {"exit_code": error.exit_code}
        if error.report:
            told["report"] = error.report
        show_json(told)
        return
    err.print(_text(("✗", "bold red"), f" {error.message}"), soft_wrap=True)
    if error.fix:
        err.print(_text("  ", ("→", "bold"), f" {error.fix}"), soft_wrap=True)


def program() -> str:
    """How this program is called from here: by its name where the shell finds that."""
    return "cartera" if shutil.which("cartera") else ".venv/bin/cartera"


def wants_json() -> bool:
    """Whether the command line asks for JSON, known even where it could not be parsed."""
    return "--json" in sys.argv[1:]
