"""``cartera identity``: how good is it, train its model, show the model's weights."""

from __future__ import annotations

import json as json_text
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartera.console import HomeOption, JsonOption, out, say, settings_for, show_json, show_table
from cartera.errors import RefusedByData
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
        bool, typer.Option("--train", help="Train on the records first, without the labels.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run the whole step on records whose truth is known, and say how right it was.

    Example: cartera identity evaluate --records people.csv --labels truth.csv
    """
    from cartera.identity.evaluate import as_dict
    from cartera.identity.evaluate import evaluate as measure
    from cartera.identity.model import load_model

    settings = settings_for(home)
    with _readable(settings, records, contract) as (path, columns):
        result, _ = measure(
            settings, load_model(settings.state), path, labels, columns, with_training=train
        )
    told = as_dict(result)
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
        out.print(
            f"Wrong pairs: {result.wrong_pairs_in_households:,} within households, "
            f"{result.wrong_pairs_among_strangers:,} among strangers."
        )
    out.print(f"Most records of one customer: {result.largest_cluster}.")
    for alarm in result.alarms:
        say(alarm)


@app.command()
def train(
    records: Records,
    contract: ContractFile = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Train this company's model on its records; the next build links with it.

    No labels are needed. Remove state/identity/model.json to go back to the shipped model.

    Example: cartera identity train --records people.csv
    """
    from cartera.files import write_whole
    from cartera.identity.evaluate import trained_on
    from cartera.identity.model import load_model

    settings = settings_for(home)
    before = load_model()
    with _readable(settings, records, contract) as (path, columns):
        model = trained_on(settings, before, path, columns)
    target = settings.state / "identity" / "model.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, json_text.dumps(model.to_dict(), indent=1).encode() + b"\n", mode=0o600)
    weights = [
        {**row, "bits_before": round(before.bits(row["comparison"], row["level"]), 1)}
        for row in _weights(model)
    ]
    if json:
        show_json({"model": model.key, "has_families": model.has_families, "weights": weights})
        return
    show_table(
        "What agreement is worth, in bits",
        ["comparison", "level", "shipped", "trained"],
        [[w["comparison"], w["level"], w["bits_before"], w["bits"]] for w in weights],
    )
    families = "has families" if model.has_families else "has no families"
    out.print(f"Model {model.key}: the base {families}. It is in {target}.", soft_wrap=True)


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
    out.print(f"The chart is in {out_file}.", soft_wrap=True)


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
) -> Iterator[tuple[Path, dict[str, str]]]:
    """The records as one Parquet or CSV file, and how its columns map.

    With a contract they go the way of every delivery, into a home that is gone afterwards.
    """
    if contract is None:
        yield records, {}
        return
    from cartera.arrows import ingest
    from ingestion.contract import load_contract

    loaded = load_contract(contract)
    with tempfile.TemporaryDirectory(prefix="cartera-evaluate-") as folder:
        home = settings.model_copy(update={"home": Path(folder)})
        for target in (home.contracts / loaded.system, home.inbox / loaded.system / loaded.source):
            target.mkdir(parents=True)
        shutil.copy(contract, home.contracts / loaded.system / contract.name)
        shutil.copy(records, home.inbox / loaded.system / loaded.source / records.name)
        ingest(home, loaded.system)
        landed = sorted((home.landing / loaded.source).rglob("*.parquet"))
        if not landed:
            raise RefusedByData(
                f"{records}: nothing of it fits {contract}.",
                fix="See what `cartera ingest` says of it in a home of its own.",
            )
        yield landed[0], {"source_record_id": "record_id"}
