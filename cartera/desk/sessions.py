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
class Session:
    """Who logged in, and the mark of their record as it was then (``User.mark``)."""

    name: str
    mark: str
    began: datetime
    seen: datetime


class Sessions:
    """Sessions of this process by the hash of a token. ``now`` is given by tests."""

    def __init__(
        self, idle: timedelta, longest: timedelta, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._idle, self._longest, self._now = idle, longest, now
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}

    def begin(self, name: str, mark: str) -> str:
        """A token for ``name``, whose record has ``mark``: 256 random bits."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = self._now()
            self._open = {key: held for key, held in self._open.items() if self._lasts(held, now)}
            self._open[_key(token)] = Session(name, mark, now, now)
        return token

    def find(self, token: str | None) -> Session | None:
        """Whose token it is; None for one that is over or never was. To ask keeps none open."""
        if not token:
            return None
        with self._lock:
            session, now = self._open.get(_key(token)), self._now()
            if session is None:
                return None
            if not self._lasts(session, now):
                del self._open[_key(token)]
                return None
            return session

    def renew(self, token: str | None) -> None:
        """They were here, and were let in."""
        with self._lock:
            session = self._open.get(_key(token or ""))
            if session is not None:
                session.seen = self._now()

    def end(self, token: str | None) -> None:
        """Nobody comes in by it again: they logged out, or are no longer who they were."""
        with self._lock:
            self._open.pop(_key(token or ""), None)

    def _lasts(self, session: Session, now: datetime) -> bool:
        return now - session.seen < self._idle and now - session.began < self._longest


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
