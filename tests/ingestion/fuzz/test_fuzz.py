"""Whatever is delivered by whatever name: counted to the last record, or refused with a reason.

What each case is held against is in ``promises``; what fails is written where
``python -m tests.ingestion.fuzz repeat`` takes it up.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.ingestion.fuzz import promises
from tests.ingestion.fuzz.cases import Case, Edit
from tests.ingestion.fuzz.explore import explore
from tests.ingestion.fuzz.oracle import csv_records
from tests.ingestion.fuzz.promises import Broken, kept, play
from tests.ingestion.fuzz.shapes import shapes


def test_five_hundred_damaged_deliveries_keep_every_promise() -> None:
    counts = explore(500, 1)
    assert counts.total() >= 500
    # A harness that refuses or passes over everything would look just as green.
    assert counts["landed"] > 200
    assert all(counts[what] for what in ("held", "refused", "passed over", "hidden"))


@pytest.mark.nightly
@pytest.mark.timeout(3 * 3600)
def test_ten_thousand_damaged_deliveries_keep_every_promise() -> None:
    """Others each night; FUZZ_SEED repeats a night."""
    seed = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**31))
    assert explore(10_000, seed).total() >= 10_000


@pytest.mark.parametrize("name", sorted(shapes()))
def test_an_export_that_nobody_damaged_lands_whole(name: str) -> None:
    assert play(shapes()[name], [Case("a")]) == {"landed": 1}


def test_a_lost_record_is_found_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harness itself: with a reader that counts one record too few it must fail."""
    monkeypatch.setattr(promises, "FAILURES", tmp_path)
    shape, case = shapes()["csv"], Case("a b", (Edit("lines", at=500_000, n=3),))
    known = promises.truth(shape, case.content(shape, "x"))
    assert known.records is not None
    wrong = type(known)(known.records + 1)
    with monkeypatch.context() as patch:
        patch.setattr(promises, "truth", lambda *_: wrong)
        with pytest.raises(Broken, match="records counted"):
            play(shape, [case])
        with pytest.raises(Broken, match=r"fuzz repeat .*\nFUZZ_SEED=11, 30 cases$"):
            explore(30, 11)
    folder = next(folder for folder in tmp_path.iterdir() if kept(folder) == (shape, [case]))
    assert kept(folder) == (shape, [case])
    assert play(*kept(folder)) == {"landed": 1}


@pytest.mark.parametrize(
    ("text", "records", "why"),
    [
        ("a,b\n1,2\n3,4\n", 2, ""),
        ('a,b\n1,"x\ny"\n\n3, "4\n5"\n', 2, ""),
        ("a\n1\n\n2\n", 3, ""),
        ('a,b\n1,"x"y\n2,3\n', 2, "text after a closing quote"),
        ('a,b\n1,"x\n2,3\n', 1, "a quote that never closes"),
        ("a,b\r\n1,2\n", 1, "lines end in different ways"),
    ],
)
def test_the_oracle_counts_as_the_definition_says(text: str, records: int, why: str) -> None:
    found = csv_records(text, ",", '"', 0)
    assert (found.records, found.why) == (records, why)
