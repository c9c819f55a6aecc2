"""``cartera quarantine``: the records that were refused, as they came, and their way back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from cartera import arrows, batches, records
from cartera.batches import Manifest
from cartera.console import (
    HomeOption,
    JsonOption,
    say,
    settings_for,
    show_json,
    show_line,
    show_table,
)
from cartera.duck import connect, one_file
from cartera.errors import RefusedByData, UsageError
from cartera.settings import Settings

app = typer.Typer(help="Quarantine: refused records, why, and back.", no_args_is_help=True)
BatchId = Annotated[str, typer.Argument(help="The batch's id, or how it begins.")]


@app.command("list")
def list_rules(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Count refused records by system, source and rule.

    Example: cartera quarantine list --source orders
    """
    rows = batches.rejected_by_rule(batches.scan(settings_for(home), source))
    if json:
        show_json(
            [dict(zip(("system", "source", "rule", "records"), r, strict=True)) for r in rows]
        )
        return
    show_table(
        f"{sum(row[-1] for row in rows):,} records in quarantine",
        ["system", "source", "rule", "records"],
        rows,
    )


@app.command()
def show(
    batch: BatchId,
    limit: Annotated[int, typer.Option(min=1, help="How many records at most.")] = 20,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show refused records of a batch: line, rule, and the record as it came.

    Example: cartera quarantine show 4f2a --limit 5
    """
    settings = settings_for(home)
    manifest = batches.find(settings, batch)
    rows = []
    records.access(
        settings,
        "quarantine-show",
        batch_id=manifest.batch_id,
        rows=min(limit, manifest.quarantined),
    )
    if manifest.quarantined:
        with connect(settings) as connection:
            rows = connection.execute(
                "select line, rule, record from "
                f"read_parquet({one_file(manifest.rejected(settings))}) order by line limit ?",
                [limit],
            ).fetchall()
    if json:
        show_json([dict(zip(("line", "rule", "record"), row, strict=True)) for row in rows])
        return
    show_table(
        f"{manifest.delivery}: {manifest.quarantined:,} of {manifest.received:,} records refused",
        ["line", "rule", "record"],
        rows,
    )


@app.command()
def replay(
    batch: Annotated[str | None, typer.Argument(help="The batch's id, or how it begins.")] = None,
    source: Annotated[str | None, typer.Option(help="Every batch of this source.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every batch.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Parse refused records again, by the contract as it is now; what passes lands.

    Example: cartera quarantine replay --source orders
    """
    if sum([batch is not None, source is not None, everything]) != 1:
        raise UsageError("Which batches?", fix="Give one batch, or --source, or --all.")
    settings = settings_for(home)
    if batch is not None:
        wanted = [batches.find(settings, batch)]
    else:
        found = batches.scan(settings, source)
        wanted = [m for m in found if m.quarantined and m.state != "discarded"]
    _replay(settings, wanted, json=json)


@app.command()
def fix(
    batch: BatchId,
    line: Annotated[int | None, typer.Argument(help="The record's line.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="COLUMN=VALUE", help="A column of the export; repeatable."),
    ] = None,
    record: Annotated[
        str | None, typer.Option(metavar="JSON", help="The whole record, of JSON lines.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="An export, edited.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Correct refused records and replay their batch: one by its line, or many from a file.

    Example: cartera quarantine fix 4f2a 17 --set importe=12,50
    """
    from ingestion.corrections import of_line
    from ingestion.spreadsheet import from_file

    settings = settings_for(home)
    is_one = line is not None and bool(changes) != (record is not None)
    if is_one == (file is not None) or (file is not None and (line is not None or changes)):
        raise UsageError(
            "What is to be corrected?",
            fix="Give a line with --set or --record, or a file with --from.",
        )
    if file is not None:
        corrections = from_file(settings, file)
    else:
        corrections = of_line(settings, line or 0, dict(map(_change, changes or [])), record)
    wanted = batches.find(settings, batch)
    if not wanted.quarantined:
        raise UsageError(f"Batch {wanted.batch_id} has no refused records.")
    _replay(settings, [wanted], corrections, json=json)


@app.command()
def export(
    batch: BatchId,
    to: Annotated[Path, typer.Option(help="The file to write.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write the refused records of a batch to a CSV file, to be edited and given to fix.

    Example: cartera quarantine export 4f2a --to rows.csv
    """
    from ingestion.spreadsheet import export as write_export

    settings = settings_for(home)
    manifest = batches.find(settings, batch)
    if not manifest.quarantined:
        raise UsageError(f"Batch {manifest.batch_id} has no refused records.")
    try:
        # It holds what the quarantine holds: for its owner alone.
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(
            f"{to}: cannot be made ({error.strerror}).", fix="Name a new file in a folder."
        ) from error
    with os.fdopen(descriptor, "wb"):
        records.access(
            settings, "quarantine-export", batch_id=manifest.batch_id, rows=manifest.quarantined
        )
        with connect(settings) as connection:
            # By its descriptor: what has its name by now may be somebody's link.
            opened = Path(f"/dev/fd/{descriptor}")
            written = write_export(settings, connection, manifest, opened)
    if json:
        show_json({"batch_id": manifest.batch_id, "records": written, "file": str(to)})
    else:
        show_line(f"{written:,} records of batch {manifest.batch_id} are in {to}")


def _change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set {text!r} is no column=value.")
    return name, value


def _replay(
    settings: Settings, wanted: list[Manifest], corrections: Any = None, *, json: bool
) -> None:
    refused = None
    try:
        rows = arrows.replay_batches(
            settings, wanted, corrections=corrections, progress=None if json else say
        )
    except RefusedByData as error:
        refused, rows = error, error.report
    if not json:
        columns = ["batch_id", "delivery", "landed", "corrected", "left", "state"]
        landed = sum(row["landed"] for row in rows)
        title = f"{landed:,} records have landed"
        show_table(title, columns, [[row[name] for name in columns] for row in rows])
    elif refused is None:
        show_json(rows)
    if refused:
        raise refused
