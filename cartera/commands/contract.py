"""``cartera contract``: check contracts, draft one, take a ready-made one, print their schema."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cartera.console import (
    HomeOption,
    JsonOption,
    say,
    settings_for,
    show_error,
    show_json,
    show_line,
    show_note,
    show_table,
    show_text,
)
from cartera.errors import ContractError, UsageError

app = typer.Typer(help="Contracts: check, draft, presets, schema.", no_args_is_help=True)


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Contracts, below a folder of their system; by default all of yours."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Check contracts: a mistake names file, line, field and fix.

    So does a file of the inbox that two contracts of one source would both take.

    Example: cartera contract check data/contracts/till/orders.yml
    """
    from ingestion.contract import load_contract, load_contracts
    from ingestion.inbox import check_overlaps

    settings = settings_for(home)
    are_all = not files
    if not files:
        folder = settings.contracts
        files = sorted(folder.glob("*/*.yml"))
        if not files:
            raise UsageError(
                f"There is no contract in {folder}.",
                fix="Name a file, or draft one with `cartera contract infer EXPORT --write`.",
            )
    contracts, mistakes = [], []
    for path in files:
        try:
            contracts.append(load_contract(path))
        except ContractError as error:
            mistakes.append(error)
    if not mistakes:
        # Of all that a system has: one may be in another's way.
        check_overlaps(settings, load_contracts(settings.contracts) if are_all else contracts)
    names = [contract.name for contract in contracts]
    if mistakes:
        for earlier in [] if json else mistakes[:-1]:
            show_error(earlier, as_json=False)
        last = mistakes[-1]
        messages = " ".join(mistake.message for mistake in mistakes) if json else last.message
        raise ContractError(messages, fix=last.fix)
    if json:
        show_json({"contracts": names})
    else:
        show_line(f"{len(names)} good: {', '.join(names)}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of contracts, for editors.

    Example: cartera contract schema
    """
    from ingestion.schema import schema_text

    print(schema_text(), end="")


@app.command()
def infer(
    export: Annotated[Path, typer.Argument(help="A sample: CSV, JSON lines or Parquet.")],
    system: Annotated[str, typer.Option(help="Who delivers it; by default its inbox folder.")] = "",
    source: Annotated[str, typer.Option(help="What it is; by default what fits best.")] = "",
    write: Annotated[
        bool, typer.Option("--write", help="Write it below CARTERA_HOME/contracts.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Draft a contract from an export, with comments on what the draft is unsure of.

    Example: cartera contract infer data/inbox/till/orders/2026-10.csv --system till --write
    """
    from ingestion.infer import draft_contract
    from ingestion.source import NAME, source_names

    settings = settings_for(home)
    if system and not NAME.fullmatch(system):
        raise UsageError(f"No name of a system: {system!r}.", fix="Lower case letters, digits, _.")
    if source and source not in source_names():
        known = ", ".join(source_names())
        raise UsageError(f"No source {source!r}.", fix=f"The sources are: {known}.")
    draft = draft_contract(
        export,
        system=system,
        source=source,
        inbox=settings.inbox,
        time_zone=settings.business_timezone,
    )
    if not NAME.fullmatch(draft.system):
        raise UsageError(
            f"No name of a system: {draft.system!r}, its folder in the inbox.",
            fix="Give one with --system: lower case letters, digits, _.",
        )
    path = settings.contracts / draft.system / f"{draft.source}.yml"
    if write:
        if path.exists():
            raise UsageError(f"{path}: is there already.", fix="Move it away, or edit it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(draft.text, encoding="utf-8")
    if json:
        show_json(
            {"system": draft.system, "source": draft.source, "unsure": draft.unsure}
            | ({"path": str(path)} if write else {"text": draft.text})
        )
        return
    if write:
        show_line(f"Drafted: {path}")
        for line in draft.unsure:
            show_note("unsure", line)
    else:
        show_text(draft.text)
        say(f"{len(draft.unsure)} things to look at; --write puts it at {path}")


@app.command()
def presets(json: JsonOption = False) -> None:
    """List the ready-made contracts for well-known exports.

    Example: cartera contract presets
    """
    from ingestion.presets import preset_names, read_preset

    found = [read_preset(name) for name in preset_names()]
    if json:
        show_json([asdict(preset) for preset in found])
        return
    show_table(
        "presets",
        ["preset", "source", "files below inbox/SYSTEM", "what"],
        [
            [preset.name, export.source, f"{export.folder}/{export.files}", export.about]
            for preset in found
            for export in preset.exports
        ],
    )


@app.command()
def use(
    preset: Annotated[str, typer.Argument(help="Its name, as in `cartera contract presets`.")],
    system: Annotated[str, typer.Option(help="What you call the system, such as shop_es.")],
    time_zone: Annotated[
        str, typer.Option(help="Zone of its times without one; by default the company's.")
    ] = "",
    currency: Annotated[
        str, typer.Option(help="Of amounts without one; by default the reporting currency.")
    ] = "",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Take a preset for a system of yours: writes contracts below CARTERA_HOME/contracts.

    Example: cartera contract use shopify --system shop_es --time-zone Europe/Madrid
    """
    from ingestion.presets import use_preset

    settings = settings_for(home)
    taken = use_preset(
        preset,
        settings.contracts,
        system=system,
        time_zone=time_zone or settings.business_timezone,
        currency=currency or settings.reporting_currency,
        given=frozenset(
            name for name, value in [("time_zone", time_zone), ("currency", currency)] if value
        ),
    )
    if json:
        show_json(
            {
                "system": system,
                "paths": [str(path) for path in taken.paths],
                "files": [f"{system}/{folder}" for folder in taken.folders],
                "checks": list(taken.checks),
            }
        )
        return
    for path in taken.paths:
        show_line(f"Wrote: {path}")
    for line in taken.checks:
        show_note("check", line)
    for folder in taken.folders:
        show_line(f"Files go to: {settings.inbox / system / folder}")
