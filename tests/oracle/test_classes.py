"""Classes worked out by hand, from plain numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.oracle.classes import abc, cohorts, decline_ratio, is_lost, retention, tiers


def money(**amounts: str) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in amounts.items()}


def test_abc_asks_for_the_share_before_the_row() -> None:
    # Base 100. Before w 0, x .50, y .80 (not under), z .95 (not under); nothing or less is C.
    assert abc(money(w="50", x="30", y="15", z="5", nil="0", loss="-40")) == {
        "w": "A",
        "x": "A",
        "y": "B",
        "z": "C",
        "nil": "C",
        "loss": "C",
    }


def test_a_whale_is_a_although_it_crosses_both_lines() -> None:
    # Base 1000. Before the whale 0, after it .97: nobody else is even B.
    assert abc(money(whale="970", one="20", two="10")) == {"whale": "A", "one": "C", "two": "C"}


def test_equal_contributions_are_told_apart_by_id() -> None:
    # Base 50: before a 0, b .20, c .40, d .60, e .80.
    found = abc(money(e="10", d="10", c="10", b="10", a="10"))
    assert found == {"a": "A", "b": "A", "c": "A", "d": "A", "e": "B"}


def test_tiers_go_in_their_order() -> None:
    # Ten buyers: MVC is one of ten. BZ needs both below zero, so only bz; actual is Other. Of the
    # eight left one is MGC (a tenth of eight, rounded up): b grows by 50, a by 40.
    contributions = money(
        top="100",
        a="10",
        b="5",
        bz="-5",
        actual="-5",
        **dict.fromkeys("cdefg", "1"),
    )
    potentials = money(
        top="500",
        a="50",
        b="55",
        bz="-1",
        actual="0",
        **dict.fromkeys("cdefg", "0"),
    )
    assert tiers(contributions, potentials) == {
        "top": "MVC",
        "b": "MGC",
        "bz": "BZ",
        "a": "Other",
        "actual": "Other",
        **dict.fromkeys("cdefg", "Other"),
    }


def test_nobody_is_most_valuable_where_the_best_is_below_zero() -> None:
    # One of two is the best, and below zero in all; the other is no better for that.
    found = tiers(money(best="-1", other="-2"), money(best="-1", other="10"))
    assert found == {"best": "BZ", "other": "MGC"}


def test_nobody_is_growable_who_does_not_grow() -> None:
    assert tiers(money(a="10", b="5"), money(a="1", b="5")) == {"a": "MVC", "b": "Other"}


def test_decline_takes_the_greater_ratio() -> None:
    # as_of 2026-11-01: the last 90 days begin on 2026-08-03, a year before on 2025-08-03 and end
    # before 2025-11-01. 20 now, 100 then: .2. In the 365 days before: 100 + 46 = 146, scaled
    # to 90 days 36: 20 / 36.
    spent = [
        (date(2025, 8, 2), Decimal(999)),
        (date(2025, 8, 3), Decimal(100)),
        (date(2025, 11, 1), Decimal(46)),
        (date(2026, 8, 3), Decimal(20)),
        (date(2026, 11, 1), Decimal(999)),
    ]
    assert decline_ratio(spent, date(2026, 11, 1)) == Decimal(20) / Decimal(36)
    assert decline_ratio([], date(2026, 11, 1)) is None


def test_lost_is_who_has_not_ordered_for_a_year() -> None:
    assert is_lost(True, date(2025, 10, 31), date(2026, 11, 1)) == date(2026, 10, 31)
    assert is_lost(True, date(2026, 1, 1), date(2026, 11, 1)) is None
    assert is_lost(False, date(2025, 10, 31), date(2026, 11, 1)) is None


def test_a_cohort_shows_complete_months_only() -> None:
    # As of 2026-04-15 January to March are complete, April is not: the January cohort has months 0,
    # 1 and 2, that of March month 0 only, that of April none.
    orders = {
        "a": [date(2026, 1, 5), date(2026, 2, 28), date(2026, 4, 1)],
        "b": [date(2026, 1, 31)],
        "c": [date(2026, 3, 1), date(2026, 4, 2)],
        "d": [date(2026, 4, 3)],
    }
    found = cohorts(orders, date(2026, 4, 15))
    assert {key: (cohort.size, cohort.active) for key, cohort in found.items()} == {
        (date(2026, 1, 1), 0): (2, 2),
        (date(2026, 1, 1), 1): (2, 1),
        (date(2026, 1, 1), 2): (2, 0),
        (date(2026, 3, 1), 0): (1, 1),
    }


def test_retention_of_nobody_is_unknown() -> None:
    assert retention(set(), {"a"}) is None
    assert retention({"a", "b"}, {"b", "c"}) == 0.5
