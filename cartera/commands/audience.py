"""``cartera audience``: whom to contact."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cartera import arrows
from cartera.activation import drafting
from cartera.activation.audience import find_audience, load_audiences
from cartera.activation.comparing import compare as compare_audiences
from cartera.activation.formats import formats_named
from cartera.activation.neighbours import NEIGHBOURS
from cartera.activation.preview import preview as preview_pull
from cartera.activation.pull import current_publication
from cartera.activation.results import history as history_of
from cartera.commands.audience_asked import ask
from cartera.commands.audience_shown import (
    show_comparison,
    show_history,
    show_preview,
    show_pull,
)
from cartera.console import (
    HomeOption,
    JsonOption,
    say,
    settings_for,
    show_json,
    show_line,
    show_table,
)
from cartera.errors import UsageError

app = typer.Typer(help="Audiences: whom to contact, and what came of it.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The audience's name.")]
FormatOption = Annotated[
    list[str] | None,
    typer.Option("--format", help="csv, excel, parquet, google or meta; may be given twice."),
]
CampaignOption = Annotated[
    str | None,
    typer.Option(
        help="Id of the campaign that the list is for: lists of one campaign hold out the same "
        "people, and what they bring is measured together."
    ),
]


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
        [(a.name, a.channel or a.purpose, a.rule, a.about) for a in found],
    )


@app.command()
def columns(home: HomeOption = None, json: JsonOption = False) -> None:
    """List what a rule may name, by the current publication.

    Example: cartera audience columns
    """
    settings = settings_for(home)
    current_publication(settings)
    told = {name: column.about for near in NEIGHBOURS for name, column in near.columns.items()}
    rows = [
        {"column": name, "kind": kind, "about": told.get(name, "see customer_360")}
        for name, kind in sorted(drafting.columns_now(settings).items())
    ]
    if json:
        show_json(rows)
        return
    show_table(
        f"{len(rows)} columns", ["column", "kind", "about"], [tuple(row.values()) for row in rows]
    )


@app.command()
def new(
    name: Annotated[str | None, typer.Argument(help="The audience's name.")] = None,
    about: Annotated[str | None, typer.Option(help="What it is for, in a sentence.")] = None,
    purpose: Annotated[str | None, typer.Option(help="marketing, service or internal.")] = None,
    channel: Annotated[str | None, typer.Option(help="email or phone; not if internal.")] = None,
    rule: Annotated[str | None, typer.Option(help="Who is meant, over customer_360.")] = None,
    order: Annotated[str | None, typer.Option(help="A column, and desc for the highest.")] = None,
    limit: Annotated[int | None, typer.Option(help="How many at most.")] = None,
    holdout: Annotated[float | None, typer.Option(help="Percent that nobody contacts.")] = None,
    cap: Annotated[
        str | None,
        typer.Option(help="2/30 leaves out who was on two lists in thirty days."),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(help="What the list says of each, with commas; else whom to reach and how."),
    ] = None,
    campaign: CampaignOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write an audience of your own; asks for what is not given.

    Example: cartera audience new madrid_vips --channel email --rule "region = 'Madrid'"
    """
    settings = settings_for(home)
    told: dict[str, Any] = {"name": name, "about": about, "purpose": purpose, "channel": channel}
    told |= {"rule": rule, "order": order, "limit": limit, "holdout_percent": holdout}
    told |= {"cap": drafting.cap_of(cap) if cap else None, "campaign": campaign or None}
    told |= {"fields": drafting.fields_of(fields) if fields else None}
    if sys.stdin.isatty() and not json:
        ask(settings, told)
    missing = [field for field in ("name", "about", "rule") if not told[field]]
    if missing:
        raise UsageError(
            f"An audience needs {', '.join(missing)}.",
            fix="Give them as options, or run `cartera audience new` in a terminal: it asks.",
        )
    given = {field: value for field, value in told.items() if value is not None}
    path = drafting.draft(settings, given)
    if json:
        show_json({"audience": given["name"], "file": str(path)})
        return
    show_line(f"Written to {path}")
    show_preview(preview_pull(settings, find_audience(settings, given["name"])), json=False)


@app.command()
def preview(
    name: Name, campaign: CampaignOption = None, home: HomeOption = None, json: JsonOption = False
) -> None:
    """Show who would be listed and why others not, what to expect and at what cost.

    Example: cartera audience preview champions
    """
    settings = settings_for(home)
    audience = find_audience(settings, name).for_campaign(campaign)
    show_preview(preview_pull(settings, audience), json=json)


@app.command()
def pull(
    name: Name,
    format: FormatOption = None,
    campaign: CampaignOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write the list and put the pull on the record.

    Example: cartera audience pull champions --format excel --campaign SUMMER-26
    """
    settings = settings_for(home)
    (report,) = arrows.pull_audiences(
        settings,
        names=[name],
        formats=formats_named(format) if format else None,
        campaign=campaign,
        progress=None if json else say,
    )
    show_pull(report, json=json)


@app.command()
def send(
    name: Name,
    to: Annotated[str | None, typer.Option(help="The destination, if not the audience's.")] = None,
    campaign: CampaignOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Send the list to a destination, from where a broken sending stopped.

    Example: cartera audience send champions --to mailer
    """
    done = arrows.send_audience(
        settings_for(home), name, to=to, campaign=campaign, progress=None if json else say
    )
    if json:
        show_json(asdict(done))
        return
    rows = [("on the list", done.listed), ("sent now", done.sent), ("removed now", done.removed)]
    show_table(f"{done.pull_id} at {done.destination}", ["who", "customers"], rows)


@app.command()
def history(name: Name, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show the pulls of an audience and what came of each.

    Example: cartera audience history champions
    """
    settings = settings_for(home)
    audience = find_audience(settings, name)
    show_history(name, history_of(settings, audience, current_publication(settings)), json=json)


@app.command()
def compare(
    first: Name,
    second: Annotated[str, typer.Argument(help="Another audience's name.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show who would be on the lists of both audiences.

    Example: cartera audience compare champions advocates
    """
    settings = settings_for(home)
    told = compare_audiences(
        settings, find_audience(settings, first), find_audience(settings, second)
    )
    show_comparison(told, json=json)
