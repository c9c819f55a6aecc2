"""Deliveries: the files that wait in ``inbox/<system>/<folder>/``."""

from __future__ import annotations

import fnmatch
import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cartera.batches import Manifest
from cartera.errors import ContractError
from cartera.settings import Settings
from ingestion.contract import Contract

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".partial")
SETTLE_SECONDS = 1.0
RACY_SECONDS = 2.0
DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")


@dataclass(frozen=True)
class Delivery:
    """A file in the inbox. ``key`` is its path below ``inbox/``: the name it is known by."""

    path: Path
    key: str
    stat: tuple[int, int, int]

    def unchanging(self) -> dict[str, int]:
        """What tells that the file is the same when it is seen again, as a manifest keeps it.

        Size, time of change, and the time of the last change of anything about it, which a copy
        that keeps times (``cp -p``) does not keep. Empty for a file of the last seconds: a change
        within the grain of the file system's clock would not show. Raises OSError.
        """
        stat = self.path.stat(follow_symlinks=False)
        if max(stat.st_mtime_ns, stat.st_ctime_ns) > time.time_ns() - int(RACY_SECONDS * 1e9):
            return {}
        return {
            "size": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
            "ctime_ns": stat.st_ctime_ns,
        }

    @property
    def has_changed(self) -> bool:
        """Whether the file is no longer what it was when it was found."""
        try:
            return fingerprint(self.path) != self.stat
        except OSError:
            return True

    def partition(self, today: str) -> str:
        """The first day in the delivery's name, else ``today``."""
        for match in DATE.finditer(self.key):
            try:
                return date.fromisoformat(match.group(0)).isoformat()
            except ValueError:
                continue
        return today


def fingerprint(path: Path) -> tuple[int, int, int]:
    """Inode, size and time of change: what tells one state of a file from another."""
    stat = path.stat(follow_symlinks=False)
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def deliveries(settings: Settings, contract: Contract) -> tuple[list[Delivery], list[str]]:
    """The finished files of a contract, in name order, and what was passed over and why.

    A file is finished when its name does not say otherwise and it did not change while we
    looked. Links are not followed: what they lead to is not in the inbox.
    """
    found, passed = _finished(settings, contract)
    return _settled(found, passed), passed


def _finished(settings: Settings, contract: Contract) -> tuple[list[Delivery], list[str]]:
    """The files of a contract that are finished by their names, and what was passed over."""
    root = settings.inbox / contract.system / contract.folder
    found, passed = [], []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted([*files, *linked]):
            path = Path(folder) / name
            key = path.relative_to(settings.inbox).as_posix()
            readable = key.encode("utf-8", "replace").decode()
            relative = path.relative_to(root).as_posix()
            if not fnmatch.fnmatch(relative, contract.files) or name.startswith("."):
                continue
            if name.lower().endswith(UNFINISHED):
                passed.append(f"{readable}: still being written, by its name")
            elif path.is_symlink():
                passed.append(f"{readable}: a link, and links are not followed")
            elif not path.is_file():
                passed.append(f"{readable}: no regular file")
            elif readable != key:
                passed.append(f"{readable}: its name is not UTF-8; rename it")
            else:
                found.append(Delivery(path, key, fingerprint(path)))
    return found, passed


def unclaimed(settings: Settings, contracts: list[Contract]) -> list[str]:
    """Folders of the inbox with files that no contract takes, by their path below ``inbox/``."""
    folders = set()
    for path in settings.inbox.rglob("*"):
        key = path.relative_to(settings.inbox)
        if not path.is_file() or any(part.startswith(".") for part in key.parts):
            continue
        if not any(takes(contract, key) for contract in contracts):
            folders.add(key.parent.as_posix())
    return sorted(folders)


def takes(contract: Contract, key: Path) -> bool:
    """Whether a file of the inbox, by its path below it, is a delivery of this contract."""
    root = Path(contract.system) / contract.folder
    return key.is_relative_to(root) and fnmatch.fnmatch(
        key.relative_to(root).as_posix(), contract.files
    )


def is_of(manifest: Manifest, contract: Contract) -> bool:
    """Whether a batch came by this contract: by its part or, of an earlier version, its file."""
    if (manifest.system, manifest.source) != (contract.system, contract.source):
        return False
    if manifest.part is None:
        return takes(contract, Path(manifest.delivery))
    return manifest.part == contract.part


class CameBy:
    """By which of today's contracts each batch came, by the contract's name."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._of_source: dict[tuple[str, str], list[Contract]] = {}
        for contract in contracts:
            self._of_source.setdefault((contract.system, contract.source), []).append(contract)

    def __call__(self, manifest: Manifest) -> str:
        part = manifest.part
        if part is None:
            found = self._of_source.get((manifest.system, manifest.source), [])
            part = next((c.part for c in found if is_of(manifest, c)), "")
        name = f"{manifest.system}/{manifest.source}"
        return f"{name}.{part}" if part else name


def check_overlaps(settings: Settings, contracts: Sequence[Contract]) -> None:
    """Raise ContractError if a file would land by two patterns for one source.

    Parts that name the same folder and pattern mean it: each reads every file in its own way.
    """
    of_source: dict[tuple[str, str], list[Contract]] = {}
    for contract in contracts:
        of_source.setdefault((contract.system, contract.source), []).append(contract)
    for parts in of_source.values():
        taken: dict[str, Contract] = {}
        for part in parts if len(parts) > 1 else []:
            for delivery in _finished(settings, part)[0]:
                other = taken.setdefault(delivery.key, part)
                if (other.folder, other.files) != (part.folder, part.files):
                    raise ContractError(
                        f"{other.name} and {part.name} both take inbox/{delivery.key}, by "
                        f"{_pattern(other)} and {_pattern(part)}: its records would count twice.",
                        fix="Make their inbox or files distinct or, if each is to read other "
                        "records of the same files, quite the same.",
                    )


def _pattern(contract: Contract) -> str:
    return f"{contract.folder}/{contract.files}"


def _settled(found: list[Delivery], passed: list[str]) -> list[Delivery]:
    """Leave out the files that grow while we watch; one short wait serves all of them."""
    fresh = time.time_ns() - int(SETTLE_SECONDS * 1e9)
    if any(delivery.stat[2] > fresh for delivery in found):
        time.sleep(SETTLE_SECONDS)
    settled = []
    for delivery in found:
        if delivery.has_changed:
            passed.append(f"{delivery.key}: still being written, its size or time changes")
        else:
            settled.append(delivery)
    return settled
