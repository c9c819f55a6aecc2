"""A copy that fails costs a warning: what is published stays published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import BUILD, Home


def test_a_build_publishes_makes_its_copies_and_tells_which_failed(
    reference: Reference, copy: Callable[[Home], Home], tmp_path: Path
) -> None:
    home = copy(reference.landed)
    asked = {
        "CARTERA_PARQUET_FOLDER": str(tmp_path / "parquet"),
        "CARTERA_POSTGRES_URL": "postgresql://cartera:c4nary-word@127.0.0.1:1/crm",
    }
    done = home.run((*BUILD, "--json"), settings=asked)
    assert done.code == 0, done.said
    homes.assert_opens(home)
    (line,) = [w for w in json.loads(done.printed)["warnings"] if w.startswith("postgres: ")]
    assert "the copy failed" in line
    assert "c4nary" not in done.printed + done.said
    manifest = json.loads((tmp_path / "parquet" / "current" / "manifest.json").read_text())
    assert manifest["publication_id"] == home.current
    needs = json.loads(home.run(("status", "--json"), settings=asked).printed)["needs_you"]
    assert any(str(home.current) in need and "as postgres failed" in need for need in needs)
