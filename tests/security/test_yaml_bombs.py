"""YAML of a few lines that would become gigabytes, or endless brackets, is refused by its line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cartera.activation.audience import load_audiences
from cartera.errors import ContractError
from cartera.identity.stewards import load_decisions
from cartera.settings import Settings
from ingestion.contract import load_contracts

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}, *{before}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMBS = {
    "aliases": (LAUGHS, r":2: .*aliases \(\*name\) are not accepted"),
    "brackets": ("a: " + "[" * 100_000, ":1: .*nested too deeply"),
    "braces": ("{a: " * 100_000, ":1: .*nested too deeply"),
    "dashes": ("- " * 100_000, ":1: .*nested too deeply"),
    "an object": ('a: !!python/object/apply:os.system ["id"]', ":1: could not determine"),
    "length": ("", r"larger than \d+ bytes"),
}
READERS: dict[str, tuple[str, Callable[[Settings], object]]] = {
    "contracts": ("contracts/acme/products.yml", lambda s: load_contracts(s.contracts)),
    "audiences": ("audiences/big.yml", load_audiences),
    "stewards": ("stewards/must_link.yml", load_decisions),
}


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("reader", READERS)
def test_a_bomb_is_refused_by_file_and_line(settings: Settings, reader: str, kind: str) -> None:
    place, read = READERS[reader]
    content, told = BOMBS[kind]
    path: Path = settings.home / place
    path.parent.mkdir(parents=True)
    path.write_text(content)
    if kind == "length":
        os.truncate(path, 60_000_000)
    # A steward's file is a list of plain texts: nothing else of it is made into anything.
    plain = {"an object": ":1: not a list"}
    told = plain.get(kind, told) if reader == "stewards" else told
    with pytest.raises(ContractError, match=told) as error:
        read(settings)
    assert str(path) in error.value.message
