"""A provider's login is new once, ends without clicks and after some hours, and stays ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cartera.desk.logins import Logins, Sight
from cartera.desk.oidc import CLOCKS
from tests.desk.test_delays import Clock

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=10)
SECOND = timedelta(seconds=1)


class Provider:
    """What a provider says of somebody, and the clock that all go by."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.logins = Logins(IDLE, LONGEST, self.clock)

    def says(self, sub: str = "ana", ago: timedelta = timedelta(0)) -> dict[str, Any]:
        return {"sub": sub, "iat": (self.clock.time - ago).timestamp()}


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_each_login_is_new_once(provider: Provider) -> None:
    ana, eva = provider.says(), provider.says("eva")
    told = [provider.logins.see(claims) for claims in (ana, ana, eva)]
    assert told == [Sight.FIRST, Sight.AGAIN, Sight.FIRST]
    provider.clock.move(SECOND)
    assert provider.logins.see(provider.says()) is Sight.FIRST
    assert provider.logins.see(ana) is Sight.AGAIN


def test_those_without_a_subject_are_told_apart_by_their_address(provider: Provider) -> None:
    ana, eva = ({**provider.says(), "sub": None, "email": name} for name in ("a@x.y", "e@x.y"))
    assert [provider.logins.see(claims) for claims in (ana, eva)] == [Sight.FIRST] * 2


def test_who_clicks_stays_until_the_hours_are_over(provider: Provider) -> None:
    claims, came = provider.says(), provider.clock.time
    provider.logins.see(claims)
    while provider.clock.time + IDLE - SECOND < came + LONGEST:
        provider.clock.move(IDLE - SECOND)
        assert provider.logins.see(claims) is Sight.AGAIN
    provider.clock.time = came + LONGEST
    assert provider.logins.see(claims) is Sight.OVER


def test_who_was_away_is_out_and_does_not_come_back_by_the_same_login(provider: Provider) -> None:
    claims = provider.says()
    provider.logins.see(claims)
    provider.clock.move(IDLE)
    assert provider.logins.see(claims) is Sight.OVER
    assert provider.logins.see(provider.says("eva")) is Sight.FIRST
    assert provider.logins.see(claims) is Sight.OVER
    assert provider.logins.see(provider.says()) is Sight.FIRST


def test_a_login_of_before_a_restart_counts_from_when_it_was_issued(provider: Provider) -> None:
    young, old = provider.says(ago=IDLE - SECOND), provider.says(ago=IDLE + CLOCKS)
    assert provider.logins.see(young) is Sight.FIRST
    assert provider.logins.see(old) is Sight.OVER


def test_who_logs_out_is_out_by_that_login(provider: Provider) -> None:
    ana, eva = provider.says(), provider.says("eva")
    for claims in (ana, eva):
        provider.logins.see(claims)
    provider.logins.end(ana)
    assert provider.logins.see(ana) is Sight.OVER
    assert provider.logins.see(eva) is Sight.AGAIN


@pytest.mark.parametrize("claims", [{}, {"sub": "ana"}, {"sub": "ana", "iat": "now"}])
def test_what_does_not_say_when_lets_nobody_in(provider: Provider, claims: dict[str, Any]) -> None:
    provider.logins.end(claims)
    assert provider.logins.see(claims) is Sight.OVER


def test_what_is_over_by_its_age_is_not_kept(provider: Provider) -> None:
    for _ in range(30):
        provider.logins.see(provider.says())
        provider.clock.move(timedelta(hours=1))
    assert len(provider.logins._seen) < 15
