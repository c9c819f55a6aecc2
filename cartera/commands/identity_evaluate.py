"""``cartera identity``: how good is it, train its model, show the model's weights."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartera.console import (
    HomeOption,
    JsonOption,
    say,
    settings_for,
    show_json,
    show_line,
    show_table,
)
from cartera.errors import RefusedByData, UsageError
from cartera.settings import Settings

if TYPE_CHECKING:
    from cartera.identity.model import Model

# Commands of `cartera identity`.
app = typer.Typer()
Records = Annotated[Path, typer.Option(help="Records: CSV or Parquet, or what the contract reads.")]
ContractFile = Annotated[
    Path | None,
    typer.Option(
        "--contract", help="How its columns become a person's, below a folder of its system."
    ),
]


@app.command()
def evaluate(
    records: Records,
    labels: Annotated[
        Path, typer.Option(help="source_system, source_record_id, person_id, household_id.")
    ],
    contract: ContractFile = None,
    train: Annotated[
        bool | None,
        typer.Option(
            "--train/--no-train",
            help="Train on the records first, without the labels; by default where this company "
            "has no model of its own.",
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run the whole step on records whose truth is known, and say how right it was.

    Example: cartera identity evaluate --records people.csv --labels truth.csv
    """
    from cartera.identity.evaluate import as_dict
    from cartera.identity.evaluate import evaluate as measure
    from cartera.identity.model import has_own_model, load_model

    settings = settings_for(home)
    trains = not has_own_model(settings.state) if train is None else train
    with _readable(settings, records, contract) as (path, columns, refused):
        result, model = measure(
            settings, load_model(settings.state), path, labels, columns, with_training=trains
        )
    told = as_dict(result) | {
        "refused": refused,
        "model": model.key,
        "is_trained_on_these": trains,
    }
    if json:
        show_json(told)
        return
    show_table(
        f"{result.records:,} records, {result.people:,} people, {result.customers:,} customers",
        ["measure", "precision", "recall", "F1"],
        [
            [name, *(_number(told[key][part]) for part in ("precision", "recall", "f1"))]
            for key, name in [
                ("pairwise", "pairs"),
                ("b_cubed", "B-cubed"),
                ("joinable", "pairs that evidence joins"),
            ]
        ],
    )
    if result.wrong_pairs_in_households is not None:
        show_line(
            f"Wrong pairs: {result.wrong_pairs_in_households:,} within households, "
            f"{result.wrong_pairs_among_strangers:,} among strangers."
        )
    show_line(f"Most records of one customer: {result.largest_cluster}.")
    how = "trained on these records, without the labels" if trains else f"of {model.trained_on}"
    show_line(f"Model {model.key}, {how}.")
    if refused:
        say(f"{refused:,} records do not fit the contract and were left out")
    for alarm in result.alarms:
        say(alarm)


@app.command()
def train(
    records: Annotated[
        Path | None,
        typer.Option(help="Records: CSV or Parquet. Without: all people that have landed."),
    ] = None,
    contract: ContractFile = None,
    at_most: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Refuse a model that puts more of what has landed with other customers.",
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Train this company's model, without labels; the next build links with it.

    Remove state/identity/model.json to go back to the shipped model.

    Example: cartera identity train
    """
    from cartera.identity.evaluate import trained_on
    from cartera.identity.model import load_model, save_model

    settings = settings_for(home)
    told: dict[str, Any] = {}
    if records is None:
        from cartera import arrows

        if contract:
            raise UsageError("--contract needs --records.", fix="Add --records FILE.")
        told = asdict(arrows.train_model(settings, at_most=at_most, progress=None if json else say))
    else:
        if at_most is not None:
            raise UsageError("--at-most is about what has landed.", fix="Leave --records out.")
        with _readable(settings, records, contract) as (path, columns, _):
            tell = (lambda line: None) if json else say
            save_model(settings.state, trained_on(settings, load_model(), path, columns, tell))
    shipped, model = load_model(), load_model(settings.state)
    weights = [
        {**row, "bits_shipped": round(shipped.bits(row["comparison"], row["level"]), 1)}
        for row in _weights(model)
    ]
    if json:
        show_json(
            told | {"model": model.key, "has_families": model.has_families, "weights": weights}
        )
        return
    show_table(
        "What agreement is worth, in bits",
        ["comparison", "level", "shipped", "trained"],
        [[w["comparison"], w["level"], w["bits_shipped"], w["bits"]] for w in weights],
    )
    families = "has families" if model.has_families else "has no families"
    show_line(f"Model {model.key}: the base {families}.")
    if told:
        show_line(
            f"With it, {told['records_that_move']:,} of {told['source_records']:,} source records "
            "will be with other customers than with the model of before."
        )


@app.command()
def weights(
    out_file: Annotated[Path, typer.Option("--out", help="The SVG to write.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Draw what each level of agreement is worth in the model that builds use.

    Example: cartera identity weights --out weights.svg
    """
    from cartera.identity.chart import weights_svg
    from cartera.identity.model import load_model

    model = load_model(settings_for(home).state)
    out_file.write_text(weights_svg(model), encoding="utf-8")
    if json:
        show_json({"model": model.key, "chart": str(out_file), "weights": _weights(model)})
        return
    show_line(f"The chart is in {out_file}.")


def _weights(model: Model) -> list[dict[str, Any]]:
    """What each level of agreement is worth, in bits."""
    return [
        {"comparison": name, "level": key, "bits": round(model.bits(name, key), 1)}
        for name, levels in model.levels.items()
        for key in levels
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


@contextmanager
def _readable(
    settings: Settings, records: Path, contract: Path | None
) -> Iterator[tuple[Path, dict[str, str], int]]:
    """The records as one Parquet or CSV file, how its columns map, and how many were refused.

    With a contract they go the way of every delivery, into a home that is gone afterwards.
    """
    if contract is None:
        yield records, {}, 0
        return
    from cartera.arrows import ingest
    from ingestion.contract import load_contract

    loaded = load_contract(contract)
    if not records.is_file():
        raise UsageError(f"There is no file {records}.", fix="Give the path of the records.")
    with tempfile.TemporaryDirectory(prefix="cartera-evaluate-") as folder:
        home = settings.model_copy(update={"home": Path(folder)})
        for target in (home.contracts / loaded.system, home.inbox / loaded.system / loaded.folder):
            target.mkdir(parents=True)
        shutil.copy(contract, home.contracts / loaded.system / contract.name)
        shutil.copy(records, home.inbox / loaded.system / loaded.folder / records.name)
        try:
            report = ingest(home, loaded.system)
        except RefusedByData as error:
            raise RefusedByData(
                f"{records} does not fit {contract}: {error.message}",
                fix="Correct the contract; reject_limit is the share of records it may refuse.",
            ) from error
        landed = sorted((home.landing / loaded.source).rglob("*.parquet"))
        if not landed:
            raise RefusedByData(
                f"{records}: nothing of it fits {contract}.",
                fix="See what `cartera ingest` says of it in a home of its own.",
            )
        refused = sum(row["quarantined"] for row in report.rows)
        yield landed[0], {"source_record_id": "record_id"}, refused
