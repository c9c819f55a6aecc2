"""``cartera audience``: whom to contact."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cartera import arrows
from cartera.activation.audience import find_audience, load_audiences
from cartera.activation.pull import PullReport
from cartera.activation.pull import preview as preview_pull
from cartera.console import HomeOption, JsonOption, out, say, settings_for, show_json, show_table

app = typer.Typer(help="Audiences: list, preview, pull.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The audience's name.")]


@app.command("list")
def list_audiences(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the audiences that can be pulled.

    Example: cartera audience list
    """
    found = load_audiences(settings_for(home)).values()
    if json:
        show_json([audience.model_dump() for audience in found])
        return
    show_table(
        f"{len(found)} audiences",
        ["name", "channel", "rule", "about"],
        [(a.name, a.channel, a.rule, a.about) for a in found],
    )


@app.command()
def preview(name: Name, home: HomeOption = None, json: JsonOption = False) -> None:
    """Count who would be listed, held out and excluded; writes nothing.

    Example: cartera audience preview champions
    """
    settings = settings_for(home)
    show_pull(preview_pull(settings, find_audience(settings, name)), json=json)


@app.command()
def pull(name: Name, home: HomeOption = None, json: JsonOption = False) -> None:
    """Write the list as CSV and put the pull on the record.

    Example: cartera audience pull champions
    """
    settings = settings_for(home)
    (report,) = arrows.pull_audiences(settings, names=[name], progress=None if json else say)
    show_pull(report, json=json)


def show_pull(report: PullReport, *, json: bool) -> None:
    """Where everyone who matched went."""
    if json:
        show_json(asdict(report))
        return
    rows = [
        ("on the list", report.listed),
        ("held out", report.held_out),
        *((f"excluded: {why.replace('_', ' ')}", n) for why, n in report.excluded.items()),
        ("matched in all", report.matched),
    ]
    show_table(f"{report.audience}, from {report.publication_id}", ["who", "customers"], rows)
    if report.file:
        out.print(f"The list is in {report.file}", soft_wrap=True)
