"""Logins by a provider, as this process sees them: which are new, and which are over.

What the provider said stands in a signed cookie for weeks. It knows of no clicks, and nobody but
its own browser can take it back: so that is kept here, and asked at each click.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from cartera import clock
from cartera.desk import oidc

# Whose login it is, and when the provider said so.
Key = tuple[str, datetime]
ENDED = datetime.min.replace(tzinfo=UTC)


class Sight(Enum):
    """What a login is when somebody comes by it."""

    FIRST = auto()
    AGAIN = auto()
    OVER = auto()


class Logins:
    """``idle``: without a click, ``longest``: since the provider said so. ``now`` is for tests."""

    def __init__(
        self, idle: timedelta, longest: timedelta, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._idle, self._longest, self._now = idle, longest, now
        self._lock = threading.Lock()
        self._seen: dict[Key, datetime] = {}

    def see(self, claims: Mapping[str, Any]) -> Sight:
        """Somebody clicks who came by this login; the one that is over stays over.

        A login of which no click is known, as after a restart, counts from when it was issued.
        """
        key, now = _key(claims), self._now()
        if key is None or not oidc.is_fresh(claims, now, self._longest):
            return Sight.OVER
        with self._lock:
            seen = self._seen.get(key)
            if now - (seen or key[1] + oidc.CLOCKS) >= self._idle:
                return Sight.OVER
            self._seen[key] = now
            if seen is None:
                self._forget(now)
        return Sight.AGAIN if seen else Sight.FIRST

    def end(self, claims: Mapping[str, Any]) -> None:
        """Nobody comes in by it again, in no tab and with no copy of its cookie."""
        key = _key(claims)
        if key is not None:
            with self._lock:
                self._seen[key] = ENDED

    def _forget(self, now: datetime) -> None:
        """Those that are over by their age whatever is known of them."""
        long_ago = now - self._longest - oidc.CLOCKS
        self._seen = {key: seen for key, seen in self._seen.items() if key[1] > long_ago}


def _key(claims: Mapping[str, Any]) -> Key | None:
    issued = oidc.issued_at(claims)
    return (str(claims.get("sub") or claims.get("email")), issued) if issued else None
