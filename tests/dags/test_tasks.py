"""What the tasks hand to the arrows, and what they keep of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from cartera.errors import UsageError
from cartera.scheduler.tasks import as_of_day, only_day, plain

DAY = date(2026, 10, 31)


@pytest.mark.parametrize(
    ("run_type", "partition_key", "day"),
    [
        ("manual", None, None),
        ("manual", "2026-10-31", DAY),
        ("backfill", "2026-10-31", DAY),
        # A late or undated delivery belongs to no night's window: the night takes all that is new.
        ("scheduled", "2026-10-31", None),
    ],
)
def test_a_run_is_about_one_day_only_when_somebody_asks_for_it(
    run_type: str, partition_key: str | None, day: date | None
) -> None:
    assert only_day(run_type, partition_key) == day


@pytest.mark.parametrize("key", ["", "yesterday", "2026-13-01", "2026-10-31T00:00:00"])
def test_a_partition_key_that_is_no_date_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="partition key"):
        only_day("manual", key)


def test_as_of_is_a_date_or_nothing() -> None:
    assert as_of_day(None) is None
    assert as_of_day("2026-10-31") == DAY
    with pytest.raises(UsageError, match="as_of"):
        as_of_day("31/10/2026")


@dataclass(frozen=True)
class Report:
    at: datetime
    day: date | None
    amount: Decimal
    place: Path
    parts: tuple[dict[str, int], ...] = ()


def test_a_report_becomes_plain_json() -> None:
    report = Report(
        datetime(2026, 10, 31, tzinfo=UTC), DAY, Decimal("1.50"), Path("/a"), ({"n": 1},)
    )
    assert plain([report]) == [
        {
            "at": "2026-10-31T00:00:00Z",
            "day": "2026-10-31",
            "amount": "1.50",
            "place": "/a",
            "parts": [{"n": 1}],
        }
    ]


def test_what_json_has_no_word_for_is_not_kept() -> None:
    with pytest.raises(ValueError, match="serialize"):
        plain(object())
