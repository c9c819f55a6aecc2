"""What an export of the inputs refuses; what it writes, `make test-spark` reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.arrows import export_inputs
from cartera.arrows.exporting import sources
from cartera.errors import RefusedByData, UsageError
from cartera.settings import Settings
from ingestion.contract import source_names


def test_a_folder_with_something_in_it_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(UsageError, match="is not empty"):
        export_inputs(settings, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_nothing_landed_is_nothing_to_export(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RefusedByData, match="Nothing has landed"):
        export_inputs(settings, tmp_path / "inputs")


def test_every_source_is_exported() -> None:
    assert {name for schema, name in sources() if schema == "landing"} == set(source_names())
