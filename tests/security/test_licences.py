"""docs/licences.md has every package that Cartera runs on, as the lock has it, with its licence."""

from __future__ import annotations

import re
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from tests.docs.test_docs import tool

licences = tool("licences")


def rows() -> dict[str, tuple[str, str]]:
    """Package -> version and licence, as the page has them."""
    text = licences.PAGE.read_text(encoding="utf-8")
    found = re.findall(r"(?m)^\| ([a-z0-9._-]+) \| ([^|]+) \| ([^|]+) \|$", text)
    return {
        name: (version, told) for name, version, told in found if name not in ("package", "---")
    }


def test_the_page_has_the_lock() -> None:
    assert {name: version for name, (version, _) in rows().items()} == licences.locked()
    assert len(rows()) > 100


def test_each_licence_is_what_the_package_says() -> None:
    said = {
        name: (told, licences.licence(name))
        for name, (version, told) in rows().items()
        if licences.ELSEWHERE not in (told, licences.licence(name))
        and metadata.version(name) == version
    }
    assert len(said) > 100
    assert {name: both for name, both in said.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ({"license_expression": "MIT", "license": "x"}, "MIT"),
        ({"classifier": ["License :: OSI Approved :: BSD License"]}, "BSD License"),
        ({"license": "Its own\nand a long text"}, "Its own"),
        ({}, "it does not say"),
    ],
)
def test_a_licence_is_found_where_it_stands(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], licence: str
) -> None:
    monkeypatch.setattr(metadata, "metadata", lambda name: SimpleNamespace(json=told))
    assert licences.licence("whatever") == licence
