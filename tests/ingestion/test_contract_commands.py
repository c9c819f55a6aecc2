"""`cartera contract`: checks, drafts, and the schema that editors use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cartera.cli import app
from cartera.errors import ContractError, UsageError
from ingestion.contract import CONTRACTS, Contract, load_contract
from ingestion.schema import SCHEMA, contract_schema, schema_text

GOOD = """\
system: acme
source: products
about: Products.
format: {type: csv}
delivery: snapshot
columns: {product_id: id, name: {from: name}}
"""


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def write(home: Path, text: str, name: str = "products") -> Path:
    path = home / "acme" / f"{name}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_the_committed_schema_is_that_of_the_classes() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), (
        "run: cartera contract schema > ingestion/contract.schema.json"
    )
    assert run("contract", "schema").output == schema_text()


def test_without_a_name_all_contracts_of_the_home_are_checked(tmp_path: Path) -> None:
    empty = run("contract", "check", "--home", str(tmp_path))
    assert (empty.exit_code, type(empty.exception)) == (1, UsageError)
    (tmp_path / "contracts").mkdir()
    write(tmp_path / "contracts", GOOD)
    good = run("contract", "check", "--home", str(tmp_path), "--json")
    assert json.loads(good.output) == {"contracts": ["acme/products"]}
    write(tmp_path / "contracts", GOOD.replace("csv", "xls"))
    assert run("contract", "check", "--home", str(tmp_path)).exit_code == 1


def test_the_schema_knows_every_field_that_contracts_use() -> None:
    """Each field of each shipped contract is a property of the schema, at its place."""
    schema = contract_schema()
    definitions = schema["$defs"]
    assert schema["additionalProperties"] is False
    for path in CONTRACTS.glob("*/*.yml"):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert set(values) <= set(schema["properties"]), path
        assert set(schema["required"]) <= set(values), path
        assert set(values["format"]) <= set(definitions["Forms"]["properties"]), path
        for mapping in values["columns"].values():
            if isinstance(mapping, dict):
                assert set(mapping) <= set(definitions["Mapping"]["properties"]), path
    named = {field.alias or name for name, field in Contract.model_fields.items()}
    assert set(schema["properties"]) == named


def test_good_contracts_are_told_by_name(tmp_path: Path) -> None:
    result = run("contract", "check", str(write(tmp_path, GOOD)))
    assert (result.exit_code, result.output) == (0, "1 good: acme/products\n")


def test_every_bad_file_is_told_with_its_line_and_fix(tmp_path: Path) -> None:
    first = write(tmp_path, GOOD.replace("about: Products.", "abuot: Products."))
    second = write(tmp_path, GOOD.replace("type: csv", "type: xls"), "orders")
    result = CliRunner().invoke(app, ["contract", "check", str(first), str(second)])
    assert isinstance(result.exception, ContractError)
    assert result.exception.exit_code == 2
    assert f"{second}:4: format.type: " in result.exception.message
    assert f"{first}:1: about: missing" in result.stderr


def test_a_draft_is_printed_or_written_but_never_over_another(tmp_path: Path) -> None:
    home, export = tmp_path / "home", tmp_path / "orders.csv"
    export.write_text("order_id,date,total\n1,2026-01-01,5\n2,2026-01-02,6\n")
    words = ["contract", "infer", str(export), "--system", "till", "--home", str(home)]
    printed = run(*words)
    assert printed.exit_code == 0
    assert yaml.safe_load(printed.stdout)["source"] == "orders"
    assert not (home / "contracts").exists()
    path = home / "contracts" / "till" / "orders.yml"
    as_json = json.loads(run(*words, "--write", "--json").stdout)
    assert as_json["path"] == str(path)
    assert load_contract(path).name == "till/orders"
    again = run(*words, "--write")
    assert isinstance(again.exception, UsageError)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize("options", [[], ["--write"]])
def test_a_folder_that_is_no_name_of_a_system_writes_no_contract(
    tmp_path: Path, options: list[str]
) -> None:
    """Of an export in the inbox the folder names the system; this one would not load."""
    export = tmp_path / "inbox" / "Mi Tienda" / "orders" / "a.csv"
    export.parent.mkdir(parents=True)
    export.write_text("order_id,date,total\n1,2026-01-01,5\n2,2026-01-02,6\n")
    words = ["contract", "infer", str(export), "--source", "orders", "--home", str(tmp_path)]
    result = run(*words, *options)
    assert isinstance(result.exception, UsageError)
    assert "No name of a system: 'Mi Tienda', its folder in the inbox" in str(result.exception)
    assert not (tmp_path / "contracts").exists()
    assert run(*words, *options, "--system", "tienda").exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--system", "../x"], "No name of a system"), (["--source", "nothing"], "No source")],
)
def test_names_that_make_no_sense_are_refused(
    tmp_path: Path, options: list[str], said: str
) -> None:
    export = tmp_path / "a.csv"
    export.write_text("a\n1\n")
    result = run("contract", "infer", str(export), *options, "--home", str(tmp_path))
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
