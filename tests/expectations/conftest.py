"""A candidate of a few tables, and the rules about them: how the gate works, whatever it asks.

What it asks is put to a candidate that a build made (tests/integration/test_mutations.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from expectations import gate
from expectations.rules import Rule
from expectations.suites import SUITES
from tests.expectations.spoiling import run_sql

Spoil = Callable[[Iterable[str]], Path]

ASKED = (
    "batches_balance",
    "batches_present",
    "rfm_unique",
    "rfm_r_score_in_range",
    "campaign_rates_in_range",
    "campaign_delivered_within_sent",
    "campaign_opened_within_delivered",
    "campaign_clicked_within_delivered",
    "no_email_outside_contacts",
    "publication_described_once",
    "row_counts_drift",
)


@pytest.fixture
def few_rules() -> Iterator[Mapping[str, list[Rule]]]:
    """The rules that the small candidate has tables for, instead of all."""
    few = {suite: [r for r in rules if r.name in ASKED] for suite, rules in SUITES.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "SUITES", few)
        yield few


@pytest.fixture(scope="session")
def good_candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three DuckDB files that break none of these. Read only: copy to change."""
    folder = tmp_path_factory.mktemp("good") / "candidate"
    folder.mkdir()
    run_sql(folder, [Path(__file__).with_name("candidate.sql").read_text(encoding="utf-8")])
    return folder


@pytest.fixture
def spoil(good_candidate: Path, tmp_path: Path) -> Spoil:
    """Copies the good candidate and runs statements on the copy."""

    def copy(statements: Iterable[str]) -> Path:
        folder = tmp_path / "candidate"
        shutil.copytree(good_candidate, folder)
        run_sql(folder, statements)
        return folder

    return copy
