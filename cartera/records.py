"""Live records in ``state/``: what happened, appended as JSON lines and never changed.

Never but by an erasure, which takes out who was in them.

A line that a kill cut short is no record: readers pass over it and the next append
starts on a line of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from cartera import clock
from cartera.files import write_whole
from cartera.settings import Settings

# One process may work for many people: the desk.
_LOGGED_IN: ContextVar[str] = ContextVar("logged_in", default="")


def append(settings: Settings, kind: str, **record: Any) -> None:
    """Add a record of ``kind``, stamped with the time, in one synced write."""
    settings.state.mkdir(parents=True, exist_ok=True)
    path = settings.state / f"{kind}.jsonl"
    line = json.dumps({"at": clock.now().isoformat(), **record}, ensure_ascii=False, default=str)
    descriptor = _open_locked(path)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" * torn + line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def access(settings: Settings, event: str, **what: Any) -> None:
    """Put on the record that somebody read or changed what is not for everybody.

    Who, when, what and how many rows; never a person's name, address or number. ``user`` is who
    they say they are, ``uid`` who the machine says.
    """
    append(settings, "access", event=event, **what, user=user(), uid=os.getuid())


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


def rewrite(settings: Settings, kind: str, change: Callable[[bytes], bytes]) -> bool:
    """Put ``change`` of each line in its place, whole or not at all; whether any is another."""
    path = settings.state / f"{kind}.jsonl"
    descriptor = _open_locked(path)
    try:
        lines = path.read_bytes().split(b"\n")
        changed = [change(line) for line in lines]
        if changed != lines:
            write_whole(path, b"\n".join(changed))
        return changed != lines
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """The file of records under its lock; the one that stands there now, should it be replaced."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
            return descriptor
        os.close(descriptor)


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Whatever this thread puts on the record is done by ``name``, who is logged in."""
    token = _LOGGED_IN.set(name)
    try:
        yield
    finally:
        _LOGGED_IN.reset(token)


def user() -> str:
    """Who is at work: who is logged in, ``CARTERA_USER``, else the user of this machine."""
    told = _LOGGED_IN.get() or os.environ.get("CARTERA_USER") or os.environ.get("USER")
    return told or str(os.getuid())
