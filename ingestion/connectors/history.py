"""What has been fetched: live records, one ``pending`` before a file gets its name, one ``done``.

A kill between the two is settled by looking: if the file has its name, the fetch was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cartera import records
from cartera.settings import Settings

KIND = "fetches"
RUNS = "fetch_runs"
MOST_PASSED_OVER = 20
Record = dict[str, Any]


def put_on_record(
    settings: Settings, system: str, rows: Sequence[Mapping[str, Any]], error: str = ""
) -> None:
    """One line for a whole fetch of a system: what came, what was passed over, what went wrong.

    ``rows`` are those of the report; their texts and ``error`` have passed the veil.
    """
    passed = [line for row in rows for line in row.get("passed_over", [])]
    records.append(
        settings,
        RUNS,
        system=system,
        error=error,
        files=sum(row["files"] for row in rows),
        bytes=sum(row["bytes"] for row in rows),
        passed_over=passed[:MOST_PASSED_OVER],
        passed_over_count=len(passed),
    )


def last_runs(settings: Settings) -> dict[str, Record]:
    """Of each system its last fetch, with ``done_at``: when one last went through."""
    last: dict[str, Record] = {}
    for record in records.read(settings, RUNS):
        before = last.get(record["system"], {})
        done = before.get("done_at") if record["error"] else record["at"]
        last[record["system"]] = record | {"done_at": done}
    return last


class History:
    """The last finished fetch of every item of a system. The caller holds the system's lock."""

    def __init__(self, settings: Settings, system: str, over: Callable[[str], str]) -> None:
        self._settings = settings
        self._system = system
        self._over = over
        self._done: dict[str, Record] = {}
        open_: dict[str, Record] = {}
        for record in records.read(settings, KIND):
            if record.get("system") != system:
                continue
            item = record["item"]
            if record["status"] == "done":
                self._done[item] = record
                open_.pop(item, None)
            else:
                open_[item] = record
        for record in open_.values():
            if (settings.inbox / record["file"]).exists():
                self.done(record)

    def last(self, item: str) -> Record | None:
        """The last finished fetch of ``item``."""
        return self._done.get(item)

    def pending(self, item: str, file: str, **facts: Any) -> Record:
        """Put on record that ``file`` (its path below the inbox) is about to get its name."""
        facts = {k: self._over(v) if isinstance(v, str) else v for k, v in facts.items()}
        record: Record = {"system": self._system, "item": item, "file": file, **facts}
        records.append(self._settings, KIND, **record, status="pending")
        return record

    def done(self, record: Record) -> None:
        """Put on record that the file has its name: the cursor stands there from now on."""
        record = {k: v for k, v in record.items() if k != "at"} | {"status": "done"}
        records.append(self._settings, KIND, **record)
        self._done[record["item"]] = record
