"""Ages and sizes are read as people write them, or refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cartera.errors import UsageError
from cartera.quantities import age, size
from cartera.settings import load_settings


def test_ages_are_hours_days_or_weeks() -> None:
    assert [age(text) for text in ("36h", "30d", " 4W ")] == [
        timedelta(hours=36),
        timedelta(days=30),
        timedelta(weeks=4),
    ]


def test_sizes_are_powers_of_ten_or_of_two() -> None:
    given = ("7", "500MB", "20 gb", "1.5TiB", "1KiB")
    assert [size(text) for text in given] == [7, 500 * 10**6, 20 * 10**9, 3 * 2**39, 1024]


@pytest.mark.parametrize("text", ["", "d", "30", "-1d", "1.5d", "30 days", "999999d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no age"):
        age(text)


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1PB", "1e9", "1,5GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        size(text)


@pytest.mark.parametrize(
    ("name", "value"), [("keep_publications_for", "soon"), ("publications_budget", "much")]
)
def test_a_setting_that_is_neither_is_named(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"CARTERA_{name.upper()}"):
        load_settings(**{name: value})
