"""Whoever guesses at passwords waits: after some wrong ones, twice as long each time.

A name waits, and not an address: guesses come from many. Each wait ends after a quarter of an hour,
but whoever asks again and again may take each try that it leaves free, so a browser that is known
(``devices``) is counted apart. Names that nobody has wait alike, and what is remembered has a
fixed size: names share places, by their hash.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from cartera import clock

FREE = 3
LONGEST = timedelta(minutes=15)
# Who has not been wrong for so long begins anew.
FORGOTTEN = timedelta(hours=24)
PLACES = 1 << 16


class Delays:
    """Wrong attempts by name, of this process. ``now`` is given by tests."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._wrong: dict[int, tuple[int, datetime]] = {}

    def admit(self, name: str) -> timedelta:
        """How long ``name`` has to wait; zero lets them try, and counts as wrong until it is right.

        Counted before it is known, so that many tries at once are not all the first.
        """
        with self._lock:
            place, now = _place(name), self._now()
            times, last = self._wrong.get(place, (0, now))
            if now - last >= FORGOTTEN:
                times = 0
            left = last + _wait(times) - now
            if left > timedelta(0):
                return left
            self._wrong[place] = (times + 1, now)
            return timedelta(0)

    def right(self, name: str) -> None:
        """The password was right: nothing is held against ``name``."""
        with self._lock:
            self._wrong.pop(_place(name), None)


def _wait(times: int) -> timedelta:
    if times < FREE:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(times - FREE, 20)), LONGEST)


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % PLACES
