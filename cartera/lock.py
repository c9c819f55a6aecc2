"""One lock for the command line and the DAGs: ``flock``, which the kernel drops with its holder.

A holder that is killed leaves no stale lock. Child processes that write for the holder
(dbt) inherit the lock's descriptor, so that nobody else starts while one of them still writes.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cartera import clock
from cartera.errors import LockBusy
from cartera.settings import Settings


@contextmanager
def hold(settings: Settings, name: str, *, wait: float | None = None) -> Iterator[int]:
    """Hold the lock ``name``; yields its descriptor, to be handed to writing children.

    ``wait`` is in seconds, by default the setting ``lock_wait_seconds``.
    Raises LockBusy, naming the holder, when the lock is still taken after that.
    """
    path = settings.state / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o660)
    try:
        _acquire(descriptor, path, settings.lock_wait_seconds if wait is None else wait)
        os.ftruncate(descriptor, 0)
        holder = {"pid": os.getpid(), "since": clock.now().isoformat()}
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockBusy(
                    f"The lock {path.name!r} is held by {_holder(path)}.",
                    fix="Wait for it to end, or set CARTERA_LOCK_WAIT_SECONDS to wait here.",
                ) from None
            time.sleep(0.05)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['pid']} since {holder['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"
