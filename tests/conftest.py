"""What every room's tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from cartera.settings import Settings

# The same examples at every run: a change is judged by what it changes, not by luck.
# EXPLORE=1 looks further, with new examples each time.
hypothesis_settings.register_profile("same", derandomize=True)
if not os.environ.get("EXPLORE"):
    hypothesis_settings.load_profile("same")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home, and nothing from the caller's environment."""
    for name in [name for name in os.environ if name.startswith("CARTERA_")]:
        monkeypatch.delenv(name)
    return Settings(home=tmp_path / "home", hash_key="a key of the tests", threads=2)
