"""A session ends when somebody is away, after some hours, and when they log out."""

from __future__ import annotations

from datetime import timedelta

from cartera.desk.sessions import Sessions
from tests.desk.test_delays import Clock

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=10)


def _here(sessions: Sessions, token: str | None) -> str | None:
    """Whose token it is; they are let in."""
    session = sessions.find(token)
    sessions.renew(token)
    return session.name if session else None


def test_a_token_stands_for_its_name_and_no_other_does() -> None:
    sessions = Sessions(IDLE, LONGEST, Clock())
    ana, eva = sessions.begin("ana", "mark"), sessions.begin("eva", "mark")
    assert (_here(sessions, ana), _here(sessions, eva)) == ("ana", "eva")
    assert _here(sessions, ana[:-1]) is None
    assert _here(sessions, "") is None
    assert _here(sessions, None) is None


def test_who_is_away_too_long_is_out() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    token = sessions.begin("ana", "mark")
    clock.move(IDLE - timedelta(seconds=1))
    assert _here(sessions, token) == "ana"
    clock.move(IDLE - timedelta(seconds=1))
    assert _here(sessions, token) == "ana"
    clock.move(IDLE)
    assert _here(sessions, token) is None


def test_who_asks_and_is_not_let_in_was_not_here() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    token = sessions.begin("ana", "mark")
    clock.move(IDLE - timedelta(seconds=1))
    assert sessions.find(token) is not None
    clock.move(timedelta(seconds=1))
    assert sessions.find(token) is None


def test_who_is_always_there_is_out_after_some_hours() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    token = sessions.begin("ana", "mark")
    while clock.time < Clock().time + LONGEST - timedelta(minutes=20):
        clock.move(timedelta(minutes=20))
        assert (_here(sessions, token) == "ana") == (clock.time < Clock().time + LONGEST)
    clock.move(timedelta(minutes=20))
    assert _here(sessions, token) is None


def test_logging_out_ends_one_session_alone() -> None:
    sessions = Sessions(IDLE, LONGEST, Clock())
    here, there = sessions.begin("ana", "mark"), sessions.begin("ana", "mark")
    sessions.end(here)
    assert _here(sessions, here) is None
    assert _here(sessions, there) == "ana"


def test_tokens_are_not_kept() -> None:
    sessions = Sessions(IDLE, LONGEST, Clock())
    token = sessions.begin("ana", "mark")
    assert token not in repr(vars(sessions))


def test_those_that_are_over_are_forgotten() -> None:
    clock = Clock()
    sessions = Sessions(IDLE, LONGEST, clock)
    for _ in range(50):
        sessions.begin("ana", "mark")
    clock.move(IDLE)
    sessions.begin("eva", "mark")
    assert len(vars(sessions)["_open"]) == 1
