"""Live records in ``state/``: what happened, appended as JSON lines and never changed.

A line that a kill cut short is no record: readers pass over it and the next append
starts on a line of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
from typing import Any

from cartera import clock
from cartera.settings import Settings


def append(settings: Settings, kind: str, **record: Any) -> None:
    """Add a record of ``kind``, stamped with the time, in one synced write."""
    settings.state.mkdir(parents=True, exist_ok=True)
    path = settings.state / f"{kind}.jsonl"
    line = json.dumps({"at": clock.now().isoformat(), **record}, ensure_ascii=False, default=str)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" * torn + line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(settings: Settings, kind: str) -> list[dict[str, Any]]:
    """All records of ``kind``, oldest first."""
    path = settings.state / f"{kind}.jsonl"
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def user() -> str:
    """Who is at work: ``CARTERA_USER``, else the user of this machine."""
    return os.environ.get("CARTERA_USER") or os.environ.get("USER") or str(os.getuid())
