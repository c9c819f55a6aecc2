"""What every room's tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cartera.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home, and nothing from the caller's environment."""
    for name in [name for name in os.environ if name.startswith("CARTERA_")]:
        monkeypatch.delenv(name)
    return Settings(home=tmp_path / "home", hash_key="a key of the tests", threads=2)
