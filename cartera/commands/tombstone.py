"""``cartera tombstones``: which erasures keep somebody out, and lifting that on the record."""

from __future__ import annotations

from typing import Annotated

import typer

from cartera import tombstones
from cartera.console import (
    HomeOption,
    JsonOption,
    settings_for,
    show_json,
    show_line,
    show_table,
)

app = typer.Typer(help="Tombstones of who was erased: list, lift.", no_args_is_help=True)
Names = Annotated[list[str] | None, typer.Option(metavar="VALUE", help="Theirs; repeatable.")]


@app.command("list")
def list_tombstones(home: HomeOption = None, json: JsonOption = False) -> None:
    """List erasures with how many of their tombstones stand and were lifted, by kind.

    Example: cartera tombstones list
    """
    rows = tombstones.listed(settings_for(home))
    if json:
        show_json(rows)
    else:
        show_table(
            "tombstones", ["erasure", "kind", "stand", "lifted"], [[*r.values()] for r in rows]
        )


@app.command()
def lift(
    reason: Annotated[str, typer.Option(help="Why; goes on the record, so name nobody.")],
    erasure: Annotated[str | None, typer.Argument(help="All that this erasure set.")] = None,
    email: Names = None,
    phone: Names = None,
    number: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE", help="Their tax id or card; repeatable."),
    ] = None,
    record: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM:ID", help="Their record at a source; repeatable."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Let somebody land again when they are next delivered; nothing comes back by itself.

    Example: cartera tombstones lift 20261101T040506Z-0a1b2c3d --reason "the wrong customer"
    """
    from cartera.privacy.lift import Named
    from cartera.privacy.lift import lift as lift_named

    named = Named(*(tuple(names or ()) for names in (email, phone, number, record)))
    lifted = lift_named(settings_for(home), erasure, named, reason)
    if json:
        show_json({"lifted": lifted})
    else:
        show_line(f"{lifted} tombstones are lifted: who they are about lands when next delivered.")
