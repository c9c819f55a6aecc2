"""A session ends when somebody is away, after some hours, and when they log out."""

from __future__ import annotations

from datetime import timedelta

from cartera.desk.sessions import Sessions
from tests.desk.test_delays import Clock

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=10)


def test_a_token_stands_for_its_name_and_no_other_does() -> None:
    sessions = Sessions(IDLE, LONGEST, Clock())
    ana, eva = sessions.begin("ana"), sessions.begin("eva")
    assert (sessions.name(ana), sessions.name(eva)) == ("ana", "eva")
    assert sessions.name(ana[:-1]) is None
    assert sessions.name("") is None
    assert sessions.name(None) is None


def test_who_is_away_too_long_is_out() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    token = sessions.begin("ana")
    clock.move(IDLE - timedelta(seconds=1))
    assert sessions.name(token) == "ana"
    clock.move(IDLE - timedelta(seconds=1))
    assert sessions.name(token) == "ana"
    clock.move(IDLE)
    assert sessions.name(token) is None


def test_who_is_always_there_is_out_after_some_hours() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    token = sessions.begin("ana")
    while clock.time < Clock().time + LONGEST - timedelta(minutes=20):
        clock.move(timedelta(minutes=20))
        assert (sessions.name(token) == "ana") == (clock.time < Clock().time + LONGEST)
    clock.move(timedelta(minutes=20))
    assert sessions.name(token) is None


def test_logging_out_ends_one_session_alone() -> None:
    sessions = Sessions(IDLE, LONGEST, Clock())
    here, there = sessions.begin("ana"), sessions.begin("ana")
    sessions.end(here)
    assert sessions.name(here) is None
    assert sessions.name(there) == "ana"


def test_tokens_are_not_kept() -> None:
    sessions = Sessions(IDLE, LONGEST, Clock())
    token = sessions.begin("ana")
    assert token not in repr(vars(sessions))


def test_those_that_are_over_are_forgotten() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    for _ in range(50):
        sessions.begin("ana")
    clock.move(IDLE)
    sessions.begin("eva")
    assert len(vars(sessions)["_open"]) == 1
