"""DAG files are parsed, and DAGs run, in processes of their own: what Airflow does to a process
when it is imported (settings, logging, signal handlers) stays out of the suite's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cartera.settings import Settings, load_settings
from tests.dags import snapshot


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTERA_HOME", raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of parsing each file of ``dags/``, by its name."""
    return snapshot.parse(snapshot.FILES, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def dags(parsed: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Every DAG that Cartera ships with."""
    return snapshot.dags_of(parsed)
