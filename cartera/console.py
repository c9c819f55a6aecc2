"""What people and scripts see: tables and progress for one, JSON for the other."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cartera.errors import CarteraError, one_line
from cartera.settings import Settings, load_settings

# Without a terminal there is no width to keep to, and a table folded at 80 is hard to read.
WIDTH = None if sys.stdout.isatty() else 120
# An id such as shop:phone:… is no picture of a telephone.
out = Console(highlight=False, emoji=False, width=WIDTH)
err = Console(stderr=True, highlight=False, emoji=False)

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Where data lives, instead of CARTERA_HOME.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def settings_for(home: Path | None) -> Settings:
    """The settings of a command; ``home`` wins over the environment."""
    return load_settings(home=home)


def say(line: str) -> None:
    """A line of progress, on standard error: standard output is for the result."""
    err.print(f"[dim]·[/dim] {escape(one_line(line))}")


def show_json(value: Any) -> None:
    """``value`` as JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table; numbers stand right and with separators, nothing is shown as a dash."""
    out.print(f"[bold]{escape(title)}[/bold]", soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    held = [list(row) for row in rows]
    for position, name in enumerate(columns):
        numeric = any(isinstance(row[position], int | float) for row in held)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in held:
        table.add_row(*(_cell(value) for value in row))
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
        return escape(", ".join(counts)) or "none"
    return escape(str(value))


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
    err.print(f"[bold red]✗[/bold red] {escape(one_line(error.message))}", soft_wrap=True)
    if error.fix:
        err.print(f"  [bold]→[/bold] {escape(error.fix)}", soft_wrap=True)


def program() -> str:
    """How this program is called from here: by its name where the shell finds that."""
    return "cartera" if shutil.which("cartera") else ".venv/bin/cartera"


def wants_json() -> bool:
    """Whether the command line asks for JSON, known even where it could not be parsed."""
    return "--json" in sys.argv[1:]
