"""What the manifests say, kept by source and month: a hundred thousand files are not read again.

``state/index/<source>/<month>.json`` repeats manifests beside what tells one state of a file from
another (inode, size, and the times of the last change of it and of anything about it), as git's
index does. A look at the batches asks the file system for those and reads only the manifests that
differ. So what it finds is what the manifests say, whoever wrote them and whatever became of the
index: it may be old, torn or gone. That is as true as the file system's times: on one whose clock
goes backwards, or that keeps no ctime, a change of the same size could stay unseen.
"""

from __future__ import annotations

import gc
import json
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from cartera.files import open_aside
from cartera.settings import Settings

MANIFEST = "manifest.json"
# Two changes within the clock's grain look like one: what is younger is looked at again.
RACY_NS = 2_000_000_000
UNKNOWN = 0
# Where in an entry the manifest's own values begin.
FIRST = 6
PARTITION, BATCH = "partition=", "batch="


@contextmanager
def many_objects() -> Iterator[None]:
    """Leave out Python's search for circles of garbage: it costs more than a scan."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            # As if it had looked: else it would, at once, through all that is new.
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()


@dataclass
class Found:
    """The entries of a source's batches, of which what ``read`` gave is from FIRST on.

    ``unfinished`` are folders of batches without a manifest.
    """

    entries: list[list[Any]] = field(default_factory=list)
    unfinished: list[Path] = field(default_factory=list)


@dataclass
class _Month:
    """What one file of the index holds: partitions with their time of change, and entries.

    An entry is the partition, the batch, the manifest's inode, times of change and size, and then
    its values.
    """

    partitions: dict[str, int] = field(default_factory=dict)
    entries: list[list[Any]] = field(default_factory=list)


def look(
    settings: Settings,
    source: str,
    fields: tuple[str, ...],
    read: Callable[[Path], list[Any] | None],
) -> Found:
    """Every batch of ``source``; ``read`` gives a manifest's values, None where there is none.

    The index is brought up to date where that is allowed. Raises what ``read`` raises.
    """
    root = settings.landing / source
    found = Found()
    for month, partitions in _months(root):
        path = settings.state / "index" / source / f"{month}.json"
        kept = _load(path, fields)
        now = _look_at_month(root, partitions, kept, read, found)
        found.entries += now.entries
        if now != kept:
            # Who may only read does without.
            with suppress(OSError):
                _store(path, fields, now)
    return found


def sources(settings: Settings) -> list[str]:
    """The sources of which something has landed."""
    try:
        with os.scandir(settings.landing) as found:
            return sorted(entry.name for entry in found if entry.is_dir())
    except FileNotFoundError:
        return []


def _months(root: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """The months of a source, each with its partitions and their times of change."""
    try:
        with os.scandir(root) as found:
            partitions = sorted(
                (entry.name.removeprefix(PARTITION), entry.stat().st_mtime_ns)
                for entry in found
                if entry.name.startswith(PARTITION) and entry.is_dir()
            )
    except FileNotFoundError:
        return
    for month, group in groupby(partitions, key=lambda item: item[0][:7]):
        yield month, dict(group)


def _look_at_month(
    root: Path,
    partitions: dict[str, int],
    kept: _Month,
    read: Callable[[Path], list[Any] | None],
    found: Found,
) -> _Month:
    youngest = time.time_ns() - RACY_NS
    by_partition: dict[str, list[list[Any]]] = {}
    for entry in kept.entries:
        by_partition.setdefault(entry[0], []).append(entry)
    now = _Month()
    for partition, changed in partitions.items():
        folder = f"{root}/{PARTITION}{partition}/{BATCH}"
        known = by_partition.get(partition, [])
        if kept.partitions.get(partition) == changed:
            if _are_same(folder, known):
                now.entries += known
                now.partitions[partition] = changed
                continue
            names: Iterable[str] = [entry[1] for entry in known]
        else:
            names = _batches(root / f"{PARTITION}{partition}")
        entries = {entry[1]: entry for entry in known}
        is_settled = changed < youngest
        for name in names:
            current = _entry(f"{folder}{name}", partition, name, entries.get(name), youngest, read)
            if current:
                now.entries.append(current)
            else:
                # Its manifest will come without a change of the partition's folder.
                is_settled = False
                if os.path.isdir(f"{folder}{name}"):
                    found.unfinished.append(Path(f"{folder}{name}"))
        now.partitions[partition] = changed if is_settled else UNKNOWN
    return now


def _are_same(folder: str, entries: list[list[Any]]) -> bool:
    """Whether the manifests of known batches are still those that were read."""
    try:
        for entry in entries:
            stat = os.stat(f"{folder}{entry[1]}/{MANIFEST}")
            if (
                stat.st_mtime_ns != entry[3]
                or stat.st_ctime_ns != entry[4]
                or stat.st_ino != entry[2]
                or stat.st_size != entry[5]
            ):
                return False
    except OSError:
        return False
    return True


def _batches(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        names = [entry.name for entry in found]
    return sorted(name.removeprefix(BATCH) for name in names if name.startswith(BATCH))


def _entry(
    folder: str,
    partition: str,
    name: str,
    known: list[Any] | None,
    youngest: int,
    read: Callable[[Path], list[Any] | None],
) -> list[Any] | None:
    """A batch as it is now: what is known of it if its manifest is the same; None without one."""
    path = f"{folder}/{MANIFEST}"
    try:
        stat = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    state = [stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size]
    if known and known[2:FIRST] == state:
        return known
    values = read(Path(path))
    if values is None:
        return None
    if max(stat.st_mtime_ns, stat.st_ctime_ns) >= youngest:
        state[1] = UNKNOWN
    return [partition, name, *state, *values]


def _load(path: Path, fields: tuple[str, ...]) -> _Month:
    """A file of the index; an empty one where it is missing, damaged or of another version."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return _Month()
    if head != _head(fields, body):
        return _Month()
    # Twice as fast as the parser of Python's own library.
    partitions, entries = from_json(body, cache_strings="keys")
    return _Month(partitions, entries)


def _store(path: Path, fields: tuple[str, ...], month: _Month) -> None:
    """Replace a file of the index. Not synced: torn by a power cut, it is made again."""
    body = json.dumps([month.partitions, month.entries], ensure_ascii=False).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(".*.tmp"):
        # Of a process that was killed, or of one that then does without.
        left.unlink(missing_ok=True)
    aside, descriptor = open_aside(path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_head(fields, body) + b"\n" + body)
    os.replace(aside, path)


def _head(fields: tuple[str, ...], body: bytes) -> bytes:
    """The first line: what tells that the rest is whole and of this version."""
    form = f"{FIRST},{','.join(fields)}".encode()
    return f"{zlib.crc32(form):08x} {zlib.crc32(body):08x}".encode()
