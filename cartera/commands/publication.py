"""``cartera publications``: what was published, which is current, going back."""

from __future__ import annotations

from typing import Annotated

import typer

from cartera import publications
from cartera.console import HomeOption, JsonOption, out, settings_for, show_json, show_table
from cartera.lock import hold

app = typer.Typer(help="Publications: list, roll back, prune.", no_args_is_help=True)


@app.command("list")
def list_publications(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the publications, newest first.

    Example: cartera publications list --json
    """
    rows = [
        {
            "publication_id": p.publication_id,
            "is_current": p.is_current,
            "megabytes": round(p.size / 1e6, 1),
            **{k: v for k, v in publications.facts(p).items() if k in ("as_of", "gate_status")},
        }
        for p in publications.listed(settings_for(home))
    ]
    if json:
        show_json(rows)
        return
    show_table(
        f"{len(rows)} publications",
        ["publication", "current", "as of", "gate", "MB"],
        [
            (r["publication_id"], r["is_current"], r["as_of"], r["gate_status"], r["megabytes"])
            for r in rows
        ],
    )


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why; goes on the record.")],
    publication: Annotated[
        str | None, typer.Argument(help="Where to; by default the one before.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Make an earlier publication current again.

    Example: cartera publications rollback --reason "prices were wrong"
    """
    settings = settings_for(home)
    with hold(settings, "build"):
        back = publications.rollback(settings, publication, reason)
    if json:
        show_json({"publication_id": back.publication_id})
    else:
        out.print(f"{back.publication_id} is current again.")


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option(min=1, help="How many to keep.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Delete old publications, never the current one.

    Example: cartera publications prune --keep 3
    """
    settings = settings_for(home)
    with hold(settings, "build"):
        removed = publications.prune(settings, keep or settings.keep_publications)
        publications.remove_leftovers(settings)
    if json:
        show_json({"removed": removed})
    else:
        out.print(f"{len(removed)} publications removed.")
