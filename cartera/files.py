"""Files that are either whole or not there: write aside, sync, rename."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any


def sync_folder(folder: Path) -> None:
    """Make renames inside ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the content of ``path`` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_aside(path: Path, mode: int = 0o640) -> tuple[Path, int]:
    """A new file beside ``path`` that is this thread's own, and its descriptor for writing.

    One of a thread that was killed goes first. What somebody else puts there, such as a link to
    what they may not write themselves, is never written to: FileExistsError if it comes back.
    """
    aside = path.with_name(f".{path.name}.{threading.get_native_id()}.tmp")
    aside.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return aside, os.open(aside, flags, mode)


def write_whole(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Write ``content`` to ``path`` so that a reader sees all of it or the file of before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside, descriptor = open_aside(path, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, value: Any, mode: int = 0o640) -> None:
    """Write ``value`` as JSON, whole or not at all."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    write_whole(path, text.encode() + b"\n", mode)


def checksum(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
