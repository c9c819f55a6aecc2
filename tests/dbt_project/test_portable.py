"""The models keep to words that both engines know; what they mean there, `make test-spark` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cartera.dbt import PROJECT

# A word of DuckDB alone, and what to write instead.
OURS_ALONE = {
    r"\bvarchar\b": "string",
    r"::": "cast(... as ...)",
    r"\bby name\b": "the columns",
    r"\b(group|order) by all\b": "the columns",
    r"\bexclude\s*\(": "the columns",
    r"\basof\b": "a window",
    r"\bgenerate_series\b": "the macro each_day",
}


def words(path: Path) -> str:
    """The SQL of a model without comments and without what Jinja takes away."""
    return re.sub(r"--[^\n]*|(?s:\{#.*?#\})", "", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("word", OURS_ALONE)
def test_no_model_uses_a_word_that_spark_does_not_know(word: str) -> None:
    models = sorted((PROJECT / "models").rglob("*.sql"))
    assert len(models) > 150
    found = [path.name for path in models if re.search(word, words(path))]
    assert not found, f"write {OURS_ALONE[word]} in {', '.join(found)}"
