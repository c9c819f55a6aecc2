"""What the tasks of the DAGs share: their window of days, their progress and their report."""

from __future__ import annotations

import logging
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from cartera.errors import UsageError, one_line

PROGRESS = logging.getLogger("cartera.progress")


def say(line: str) -> None:
    """Report progress: a line in the task's log, or on screen when run by ``cartera run``."""
    PROGRESS.info("%s", one_line(line))


def only_day(run_type: str, partition_key: str | None) -> date | None:
    """The one day a run of ``ingest_<system>`` is about, or None for everything that is new.

    A backfill and a run by hand with a partition key take that day's deliveries. The nightly run
    takes all that has not landed: a delivery of last week that came late, and one without a date
    in its name, belong to no night's window and would otherwise never land.
    Raises UsageError if the key is no date.
    """
    if partition_key is None or run_type == "scheduled":
        return None
    return _day(partition_key, "partition key")


def as_of_day(as_of: str | None) -> date | None:
    """The DAG parameter ``as_of``. Raises UsageError if it is no date."""
    return _day(as_of, "as_of") if as_of else None


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"The {what} {text!r} is no date.", fix="Give it as YYYY-MM-DD."
        ) from error


def plain(report: Any) -> Any:
    """An arrow's report as JSON values, to be kept as the task's result.

    Raises ValueError if it holds something that JSON has no word for.
    """
    if is_dataclass(report) and not isinstance(report, type):
        return to_jsonable_python(asdict(report))
    if isinstance(report, BaseModel):
        return report.model_dump(mode="json")
    if isinstance(report, (list, tuple)):
        return [plain(part) for part in report]
    return to_jsonable_python(report)
