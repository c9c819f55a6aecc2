"""Whoever guesses at passwords waits, twice as long each time; by a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cartera.desk.delays import FORGOTTEN, FREE, LONGEST, PLACES, Delays, _place

NOTHING = timedelta(0)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by


def test_after_some_wrong_ones_each_takes_twice_as_long() -> None:
    clock = Clock()
    delays = Delays(clock)
    waits = []
    for _ in range(FREE + 12):
        wait = delays.admit("ana")
        waits.append(wait)
        clock.move(wait)
        if wait:
            assert delays.admit("ana") == NOTHING
    seconds = [wait.total_seconds() for wait in waits]
    assert seconds[:FREE] == [0, 0, 0]
    assert seconds[FREE : FREE + 4] == [1, 2, 4, 8]
    assert max(waits) == LONGEST
    assert waits[-1] == LONGEST


def test_an_attempt_before_its_time_changes_nothing() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(FREE + 1):
        clock.move(delays.admit("ana"))
    for _ in range(FREE):
        delays.admit("ana")
    first = delays.admit("ana")
    assert first > NOTHING
    assert delays.admit("ana") == first


def test_many_attempts_at_once_are_not_all_the_first() -> None:
    delays = Delays(Clock())
    assert [delays.admit("ana") for _ in range(20)].count(NOTHING) == FREE


def test_the_right_password_and_a_day_without_a_wrong_one_begin_anew() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(FREE):
        delays.admit("ana")
    assert delays.admit("ana") > NOTHING
    delays.right("ana")
    assert [delays.admit("ana") for _ in range(FREE)] == [NOTHING] * FREE
    clock.move(FORGOTTEN)
    assert [delays.admit("ana") for _ in range(FREE)] == [NOTHING] * FREE


def test_one_waits_and_another_does_not() -> None:
    delays = Delays(Clock())
    for _ in range(FREE + 1):
        delays.admit("ana")
    assert delays.admit("eva") == NOTHING


def test_what_is_remembered_has_a_size() -> None:
    assert all(0 <= _place(f"name{number}") < PLACES for number in range(1000))
