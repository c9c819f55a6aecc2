"""``cartera batch``: what has landed, and what waits for a decision."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cartera import batches
from cartera.console import HomeOption, JsonOption, settings_for, show_json, show_line, show_table

app = typer.Typer(help="Batches: what landed, what is held.", no_args_is_help=True)
BatchId = Annotated[str, typer.Argument(help="The batch's id, or how it begins.")]
Reason = Annotated[str, typer.Option(help="Why; goes on the record.")]


@app.command("list")
def list_batches(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Only held batches.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """List batches with their accounts.

    Example: cartera batch list --held
    """
    found = [m for m in batches.scan(settings_for(home), source) if not held or m.state == "held"]
    if json:
        show_json([asdict(m) for m in found])
        return
    columns = ["batch_id", "system", "source", "partition", "state"]
    columns += ["received", "accepted", "quarantined"]
    rows = [[getattr(manifest, name) for name in columns] for manifest in found]
    show_table(f"{len(found)} batches", columns, rows)


@app.command()
def show(batch: BatchId, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show one batch: where it came from, its account, why it is held.

    Example: cartera batch show 4f2a
    """
    values = asdict(batches.find(settings_for(home), batch))
    if json:
        show_json(values)
        return
    show_table(f"batch {values['batch_id']}", ["field", "value"], list(values.items()))


@app.command()
def release(
    batch: BatchId, reason: Reason, home: HomeOption = None, json: JsonOption = False
) -> None:
    """Let a held batch into the next build.

    Example: cartera batch release 4f2a --reason "the till was closed for two days"
    """
    _decide("landed", batch, reason, home, json)


@app.command()
def discard(
    batch: BatchId,
    reason: Reason,
    again: Annotated[
        bool, typer.Option("--again", help="Take the same file at the next ingest.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Set a held or landed batch aside; with --again the same file is ingested once more.

    Example: cartera batch discard 4f2a --reason "the contract is mended" --again
    """
    _decide("discarded", batch, reason, home, json, again=again)


def _decide(
    state: batches.State,
    batch: str,
    reason: str,
    home: HomeOption,
    json: JsonOption,
    *,
    again: bool = False,
) -> None:
    changed = batches.set_state(settings_for(home), batch, state, reason, again=again)
    if json:
        show_json(asdict(changed))
    else:
        show_line(f"Batch {changed.batch_id} is {changed.state}.")
