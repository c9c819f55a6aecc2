"""Into the inbox: written as ``.part``, synced, put on record, renamed, put on record again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from cartera import clock, faults
from cartera.files import checksum, sync_file, sync_folder
from cartera.settings import Settings
from ingestion.connectors.history import History
from ingestion.inbox import UNFINISHED

PART = ".part"
LONGEST_NAME = 200


def refusal(relative: str) -> str:
    """Why a file called so is not fetched; empty if it can be."""
    parts = relative.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "its path leads elsewhere"
    if any(part.startswith(".") for part in parts):
        return "hidden, by its name"
    if any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in parts):
        return "its name is too long"
    if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c == "\\" for c in relative):
        return "its name has characters that no name should have"
    if relative.lower().endswith(UNFINISHED):
        return "still being written, by its name"
    return ""


def part_of(target: Path) -> Path:
    """Where ``target`` is written before it has its name."""
    return target.with_name(target.name + PART)


@contextmanager
def part_file(target: Path) -> Iterator[Path]:
    """The path to write ``target`` to; whatever a killed fetch left there is gone.

    What is written is removed if the block fails.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(target)
    part.unlink(missing_ok=True)
    try:
        yield part
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def place(
    settings: Settings, history: History, item: str, target: Path, digest: str = "", **facts: Any
) -> str:
    """Give the written part of ``target`` its name; returns its checksum.

    ``digest`` is its checksum, where it is known already. ``facts`` go on record with it: where
    the next fetch of ``item`` begins.
    """
    part = part_of(target)
    sync_file(part)
    digest = digest or checksum(part)
    file = target.relative_to(settings.inbox).as_posix()
    faults.point("fetch.written")
    record = history.pending(item, file, checksum=digest, bytes=part.stat().st_size, **facts)
    faults.point("fetch.pending")
    os.replace(part, target)
    sync_folder(target.parent)
    faults.point("fetch.renamed")
    history.done(record)
    return digest


def synced_checksum(part: Path) -> str:
    """Bring a written file to the disk, which takes a while; returns its checksum."""
    sync_file(part)
    return checksum(part)


def remove_parts(folder: Path) -> None:
    """Remove what killed fetches left in ``folder``. The caller holds the system's lock."""
    for left in folder.rglob(f"*{PART}"):
        left.unlink(missing_ok=True)


def stamped(folder: Path, suffix: str, last: str | None) -> Path:
    """A new file of ``folder`` whose name is the time and sorts after ``last``'s.

    Landing takes the day from the name, and of one key the version in the later name.
    """
    moment = clock.now()
    if last:
        before = datetime.strptime(_stem(last), STAMP).replace(tzinfo=moment.tzinfo)
        moment = max(moment, before + timedelta(microseconds=1))
    return folder / f"{moment.strftime(STAMP)}{suffix}"


STAMP = "%Y-%m-%dT%H%M%S.%fZ"


def _stem(file: str) -> str:
    return PurePosixPath(file).name.split("Z", 1)[0] + "Z"
