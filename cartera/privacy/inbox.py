"""Delivered files that hold somebody who was erased: they go once the rest of them has landed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cartera import batches
from cartera.batches import Manifest
from cartera.files import checksum
from cartera.settings import Settings
from ingestion.contract import Contract
from ingestion.inbox import is_of, takes


def remove_delivered(
    settings: Settings, contracts: list[Contract], also: Collection[str] = ()
) -> list[str]:
    """Delete the files of the inbox that have landed without somebody, and those of ``also``.

    A file is known by its path below ``inbox/``. One that has not landed as it is now, by each
    contract that takes it, stays. Returns what went.
    """
    latest: dict[tuple[str, str], Manifest] = {}
    keys = set(also)
    for source in {contract.source for contract in contracts}:
        for manifest in batches.scan(settings, source):
            for contract in (c for c in contracts if is_of(manifest, c)):
                latest[contract.name, manifest.delivery] = manifest
            if manifest.has_erased:
                keys.add(manifest.delivery)
    removed = []
    for key in sorted(keys):
        path = settings.inbox / key
        takers = [contract for contract in contracts if takes(contract, Path(key))]
        if not path.is_file() or path.is_symlink() or not takers:
            continue
        digest = checksum(path)
        landed = [latest.get((contract.name, key)) for contract in takers]
        if all(manifest and manifest.checksum == digest for manifest in landed):
            path.unlink()
            removed.append(key)
    return removed
