"""What a function is asked while a test runs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest


def calls_of(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> list[Any]:
    """The first argument of each call of ``module.name`` from now on; it works as before."""
    found: list[Any] = []
    function = getattr(module, name)

    def noted(first: Any, *others: Any, **named: Any) -> Any:
        found.append(first)
        return function(first, *others, **named)

    monkeypatch.setattr(module, name, noted)
    return found
