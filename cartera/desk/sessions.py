"""Who is logged in, by a token of their browser; ended by time, by them or by a restart."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cartera import clock


@dataclass
class _Session:
    name: str
    began: datetime
    seen: datetime


class Sessions:
    """Sessions of this process: a name by the hash of a token. ``now`` is given by tests."""

    def __init__(
        self, idle: timedelta, longest: timedelta, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._idle, self._longest, self._now = idle, longest, now
        self._lock = threading.Lock()
        self._open: dict[str, _Session] = {}

    def begin(self, name: str) -> str:
        """A token for ``name``: 256 random bits."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = self._now()
            self._open = {key: held for key, held in self._open.items() if self._lasts(held, now)}
            self._open[_key(token)] = _Session(name, now, now)
        return token

    def name(self, token: str | None) -> str | None:
        """Whose token it is, and that they were here; None for one that is over or never was."""
        if not token:
            return None
        with self._lock:
            session, now = self._open.get(_key(token)), self._now()
            if session is None:
                return None
            if not self._lasts(session, now):
                del self._open[_key(token)]
                return None
            session.seen = now
            return session.name

    def end(self, token: str | None) -> None:
        """Log out."""
        with self._lock:
            self._open.pop(_key(token or ""), None)

    def _lasts(self, session: _Session, now: datetime) -> bool:
        return now - session.seen < self._idle and now - session.began < self._longest


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
