"""``cartera quarantine``: the records that were refused, as they came."""

from __future__ import annotations

from typing import Annotated

import typer

from cartera import batches
from cartera.console import HomeOption, JsonOption, settings_for, show_json, show_table
from cartera.duck import connect, literal

app = typer.Typer(help="Quarantine: refused records and why.", no_args_is_help=True)


@app.command("list")
def list_rules(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Count refused records by system, source and rule.

    Example: cartera quarantine list --source orders
    """
    counts: dict[tuple[str, str, str], int] = {}
    for manifest in batches.scan(settings_for(home), source):
        for rule, count in manifest.rejects.items():
            key = (manifest.system, manifest.source, rule)
            counts[key] = counts.get(key, 0) + count
    rows = [(*key, count) for key, count in sorted(counts.items())]
    if json:
        show_json(
            [dict(zip(("system", "source", "rule", "records"), r, strict=True)) for r in rows]
        )
        return
    show_table(
        f"{sum(counts.values()):,} records in quarantine",
        ["system", "source", "rule", "records"],
        rows,
    )


@app.command()
def show(
    batch: Annotated[str, typer.Argument(help="The batch's id, or how it begins.")],
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
    if manifest.quarantined:
        with connect(settings) as connection:
            rows = connection.execute(
                "select line, rule, record from "
                f"read_parquet({literal(manifest.rejected(settings))}) order by line limit ?",
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
