"""The only place where Cartera reads the clock.

Audit times (when a batch landed, when a build ran) come from here; no model, rule or
number does. Tests and replays set ``CARTERA_NOW`` to an ISO time to stand still.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware, in UTC, whole microseconds."""
    fixed = os.environ.get("CARTERA_NOW")
    if fixed:
        moment = datetime.fromisoformat(fixed)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return datetime.now(UTC)


def last_midnight(time_zone: str) -> date:
    """The day that began at the last midnight of ``time_zone``: the default ``as_of``."""
    return now().astimezone(ZoneInfo(time_zone)).date()


def midnight_utc(day: date, time_zone: str) -> datetime:
    """The UTC moment, aware, at which ``day`` begins in ``time_zone``."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def previous_day(day: date) -> date:
    """The day before: the last day of data that an ``as_of`` covers."""
    return day - timedelta(days=1)
