"""Files, byte for byte: those that are complete and not here yet in this state."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import time
from functools import partial
from pathlib import PurePosixPath

from cartera.errors import FileUnstable
from ingestion.connectors.config import FilesConnection, FileSet
from ingestion.connectors.job import Job
from ingestion.connectors.placing import part_file, place, refusal
from ingestion.connectors.stores import Found, Store, is_settled, open_store

CHUNK = 1 << 20


def fetch_files(job: Job, connection: FilesConnection) -> None:
    """Fetch what every file set of ``connection`` names and has not fetched."""
    store = job.veil.run(connection.where, lambda: open_store(connection, job.credentials))
    found, growing = job.veil.run(connection.where, lambda: _look(store, connection.settle_seconds))
    for wanted in connection.fetch:
        for file in _complete(job, wanted, found, growing):
            job.attempt(wanted.to, file.relative, partial(_fetch, job, wanted, store, file))


def _look(store: Store, seconds: float) -> tuple[list[Found], set[str]]:
    """All files, and the names of those that may still be written."""
    found = store.files()
    fresh = {f for f in found if not is_settled(f, seconds)}
    if not fresh:
        return found, set()
    # One look does not tell whether a file just written is finished; a second one does.
    time.sleep(seconds)
    again = store.files()
    growing = {f.relative for f in again if not is_settled(f, seconds) and f not in fresh}
    return again, growing


def _complete(job: Job, wanted: FileSet, found: list[Found], growing: set[str]) -> list[Found]:
    """The files of a set that may be fetched; the others are passed over, with the reason."""
    present = {file.relative for file in found}
    complete = []
    for file in found:
        path = PurePosixPath(file.relative)
        if not fnmatch.fnmatchcase(file.relative, wanted.files) or _is_marker(wanted, path.name):
            continue
        if why := refusal(file.relative):
            job.passed_over(wanted.to, f"{file.relative!a}: {why}")
        elif wanted.marker and _marker_of(wanted, path) not in present:
            marker = _marker_of(wanted, path)
            job.passed_over(wanted.to, f"{file.relative}: waits for its marker {marker}")
        elif not wanted.marker and file.relative in growing:
            job.passed_over(wanted.to, f"{file.relative}: still being written, it grows")
        else:
            complete.append(file)
    return complete


def _is_marker(wanted: FileSet, name: str) -> bool:
    if not wanted.marker:
        return False
    return fnmatch.fnmatchcase(name, wanted.marker.replace("{file}", "*"))


def _marker_of(wanted: FileSet, path: PurePosixPath) -> str:
    return (path.parent / wanted.marker.replace("{file}", path.name)).as_posix()


def _fetch(job: Job, wanted: FileSet, store: Store, file: Found) -> None:
    item = f"{wanted.to}:{file.relative}"
    last = job.history.last(item)
    if last and last.get("version") == file.version:
        job.already(wanted.to)
        return
    target = job.inbox / wanted.to / file.relative
    job.tell(f"{file.relative} ({file.size:,} bytes)")
    try:
        with part_file(target) as part:
            digest = _copy(store, file, part)
            place(job.settings, job.history, item, target, digest=digest, version=file.version)
    except FileUnstable as error:
        job.passed_over(wanted.to, error.message)
        return
    job.fetched(wanted.to, target)


def _copy(store: Store, file: Found, part: os.PathLike[str]) -> str:
    """Copy a file in pieces; returns its checksum. Raises FileUnstable if it came out short."""
    digest = hashlib.sha256()
    size = 0
    with store.opened(file) as source, open(part, "xb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    if size != file.size:
        raise FileUnstable(f"{file.relative}: {size} bytes came, and it has {file.size}.")
    return digest.hexdigest()
