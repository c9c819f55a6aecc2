"""``cartera export``: a publication for those who read no DuckDB file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cartera import arrows, publications
from cartera.console import HomeOption, JsonOption, say, settings_for, show_json, show_table

app = typer.Typer(help="Publications in other forms: Parquet, PostgreSQL.", no_args_is_help=True)
Which = Annotated[str, typer.Option("--publication", metavar="ID", help="Which publication.")]


@app.command()
def parquet(
    folder: Annotated[Path, typer.Argument(help="Where publications are written to.")],
    publication: Which = publications.CURRENT,
    contacts: Annotated[
        bool, typer.Option("--contacts", help="Contact data too, for its owner alone.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write a publication as Parquet, a file per table, with a manifest.

    Example: cartera export parquet /shared/cartera
    """
    report = arrows.export_parquet(
        settings_for(home), folder.absolute(), publication, contacts=contacts
    )
    if json:
        show_json(asdict(report))
    else:
        show_table(f"written to {report.folder}", ["table", "rows"], list(report.rows.items()))


@app.command()
def postgres(
    publication: Which = publications.CURRENT, home: HomeOption = None, json: JsonOption = False
) -> None:
    """Copy a publication to the PostgreSQL database of CARTERA_POSTGRES_URL.

    Example: cartera export postgres
    """
    report = arrows.export_postgres(settings_for(home), publication, None if json else say)
    if json:
        show_json(asdict(report))
    else:
        title = f"{report.publication_id} is in PostgreSQL"
        show_table(title, ["table", "rows"], list(report.rows.items()))
