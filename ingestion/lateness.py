"""Lateness: sources whose next partition should have landed by now."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cartera.batches import Manifest
from cartera.clock import midnight_utc
from cartera.errors import RefusedByData
from ingestion.contract import Contract
from ingestion.inbox import CameBy

HOURS = {"h": 1, "d": 24, "w": 168}


@dataclass(frozen=True)
class Late:
    """A source that is late: the last day that it delivered, and whether a build waits for it."""

    name: str
    last: str
    expected_every: str
    is_waited_for: bool

    def __str__(self) -> str:
        waits = "; builds wait for it" if self.is_waited_for else ""
        return (
            f"{self.name}: late: its last partition is {self.last}, and one is expected every "
            f"{self.expected_every}{waits}"
        )


def due(last: date, period: str, time_zone: str) -> datetime:
    """The moment, in UTC, from which the partition after ``last`` is late.

    One period after the end of that day. A month later is the same day of that month, or
    its last; hours are real ones.
    """
    number, unit = int(period[:-1]), period[-1]
    end = last + timedelta(days=1)
    if unit in HOURS:
        whole_days, hours = divmod(number * HOURS[unit], 24)
        return midnight_utc(end + timedelta(days=whole_days), time_zone) + timedelta(hours=hours)
    return midnight_utc(months_on(end, number * (12 if unit == "y" else 1)), time_zone)


def months_on(day: date, months: int) -> date:
    """The same day so many months on, or back; the last of that month where it has none."""
    months += day.month - 1
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def late_sources(
    contracts: Sequence[Contract],
    manifests: Sequence[Manifest],
    moment: datetime,
    time_zone: str,
) -> list[Late]:
    """The sources that are late at ``moment``, each part by itself.

    One that never delivered is not missed yet.
    What is held has not arrived.
    """
    last: dict[str, str] = {}
    came_by = CameBy(contracts)
    for manifest in manifests:
        if manifest.state == "landed":
            name = came_by(manifest)
            last[name] = max(manifest.partition, last.get(name, ""))
    found = []
    for contract in contracts:
        day = last.get(contract.name)
        every = contract.expected_every
        if day and every and due(date.fromisoformat(day), every, time_zone) <= moment:
            found.append(Late(contract.name, day, every, contract.late == "wait"))
    return found


def refuse_to_go_without(
    contracts: Sequence[Contract], manifests: Sequence[Manifest], as_of: date, time_zone: str
) -> None:
    """Raise RefusedByData if a source that builds wait for has not delivered up to ``as_of``."""
    moment = midnight_utc(as_of, time_zone)
    late = late_sources(contracts, manifests, moment, time_zone)
    missed = [str(source) for source in late if source.is_waited_for]
    if missed:
        raise RefusedByData(
            f"The build as of {as_of} waits. {'. '.join(missed)}.",
            fix="Ingest what is missing, or set `late: warn` in that contract.",
        )
