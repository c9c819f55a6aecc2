"""`cartera contract presets` and `use`: a preset becomes contracts of one company."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cartera.arrows import systems_with_inbox
from cartera.cli import app
from cartera.errors import ContractError, UsageError
from cartera.scheduler.catalog import systems
from cartera.settings import CHECKOUT, Settings
from ingestion.contract import load_contracts
from ingestion.presets import PRESETS, Taken, preset_names, read_preset, use_preset


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def take(preset: str, own: Path, system: str = "mine", **settings: Any) -> Taken:
    defaults = {"time_zone": "Europe/Madrid", "currency": "EUR"}
    return use_preset(preset, own, system=system, **(defaults | settings))


def test_presets_are_nobodys_until_they_are_taken(settings: Settings) -> None:
    """Not in the contracts that ship, nor in the DAGs, nor where an inbox has such a folder."""
    for name in preset_names():
        (settings.inbox / name).mkdir(parents=True)
    shipped = {contract.system for contract in load_contracts(settings.contracts)}
    assert not {path.parent.name for path in PRESETS.glob("*/*.yml")} & shipped
    assert set(systems()) == shipped
    assert systems_with_inbox(settings) == []
    take("stripe", settings.contracts)
    (settings.inbox / "mine").mkdir()
    assert systems_with_inbox(settings) == ["mine"]


def test_the_list_names_folders_and_sources(tmp_path: Path) -> None:
    table = run("contract", "presets")
    assert table.exit_code == 0
    for name in preset_names():
        assert name in table.output
    found = {
        preset["name"]: preset for preset in json.loads(run("contract", "presets", "--json").output)
    }
    assert [export["folder"] for export in found["stripe"]["exports"]] == ["payments", "payments"]
    assert found["ga4"]["pages"] == ["https://support.google.com/analytics/answer/7029846"]


def test_two_shops_take_one_preset(tmp_path: Path) -> None:
    for system in ("shop_es", "shop_us"):
        result = run("contract", "use", "shopify", "--system", system, "--home", str(tmp_path))
        assert result.exit_code == 0
        assert "check" in result.output
        assert f"inbox/{system}/orders/*" in result.output
    contracts = {c.name for c in load_contracts(tmp_path / "contracts")}
    assert {"shop_es/orders", "shop_es/consents", "shop_us/order_lines"} <= contracts
    consents = next(c for c in load_contracts(tmp_path / "contracts", "shop_us"))
    assert consents.columns["party_system"].constant == "shop_us"


def test_nothing_is_written_over_and_nothing_by_half(tmp_path: Path) -> None:
    taken = take("shopify", tmp_path)
    taken.paths[0].write_text("mine")
    for path in taken.paths[1:]:
        path.unlink()
    with pytest.raises(UsageError, match="is there already"):
        take("shopify", tmp_path)
    assert [path.exists() for path in taken.paths] == [True] + [False] * (len(taken.paths) - 1)
    assert taken.paths[0].read_text() == "mine"


def test_a_preset_that_does_not_go_with_the_others_of_the_system_leaves_no_trace(
    tmp_path: Path,
) -> None:
    own = tmp_path / "mine" / "products.yml"
    own.parent.mkdir()
    own.write_text("system: mine\nsource: products\nabout: x\n")
    with pytest.raises(ContractError, match=r"products\.yml"):
        take("shopify", tmp_path)
    assert list(own.parent.iterdir()) == [own]


def test_what_the_user_says_needs_no_second_look(tmp_path: Path) -> None:
    asked = take("meta_ads", tmp_path, "a")
    (check,) = asked.checks
    path, number, text = check.split(":", 2)
    assert text.strip().startswith("the currency of the ad account")
    following = Path(path).read_text().splitlines()[int(number)]
    assert "Amount spent (EUR)" in following
    said = take("meta_ads", tmp_path, "b", currency="USD", given=frozenset({"currency"}))
    assert said.checks == ()
    assert "Amount spent (USD)" in said.paths[0].read_text()
    zoned = take("zendesk", tmp_path, "c", time_zone="America/Lima", given=frozenset({"time_zone"}))
    assert "time_zone: America/Lima" in zoned.paths[0].read_text()
    assert [check.split(":", 2)[2][:14] for check in zoned.checks] == [" if a field of"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch", "--system", "a"], "No preset 'nosuch'"),
        (["shopify", "--system", "../a"], "No name of a system"),
        (["shopify", "--system", "a", "--time-zone", "Madrid"], "'Madrid' is no time zone"),
        # The database of zones has a folder of that name.
        (["shopify", "--system", "a", "--time-zone", "Europe"], "'Europe' is no time zone"),
        (["shopify", "--system", "a", "--time-zone", "../UTC"], "'../UTC' is no time zone"),
        (["shopify", "--system", "a", "--currency", "euro"], "'euro' is no currency"),
    ],
)
def test_a_mistake_of_use_writes_nothing(tmp_path: Path, words: list[str], message: str) -> None:
    result = run("contract", "use", *words, "--home", str(tmp_path))
    assert isinstance(result.exception, UsageError)
    assert message in result.exception.message
    assert list(tmp_path.rglob("*.yml")) == []


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_says_where_it_is_from_and_what_it_leaves_out(name: str, tmp_path: Path) -> None:
    preset = read_preset(name)
    assert preset.pages
    guide = (CHECKOUT / "docs" / "presets.md").read_text(encoding="utf-8")
    assert f"`{name}`" in guide
    for page in preset.pages:
        assert page in guide, page
    texts = [path.read_text(encoding="utf-8") for path in (PRESETS / name).glob("*.yml")]
    assert all("# Page: " in text for text in texts)
    assert any("Not mapped: " in text for text in texts)
    # No placeholder is left in what is written.
    assert not any("<" in path.read_text(encoding="utf-8") for path in take(name, tmp_path).paths)
