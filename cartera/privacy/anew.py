"""A batch as its next version, without what goes of it: for an erasure, or when it is too old.

One rename is the commit; then the versions before it are deleted, the oldest first, so that none of
them stands for the batch again. Broken off anywhere, it can be done again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cartera import batches, faults
from cartera.batches import Manifest
from cartera.privacy.refused import kept_files
from cartera.settings import Settings
from ingestion.stripping import Stripped, accounted


def write_anew(
    settings: Settings, batch: Manifest, strip: Callable[[Path, Path], Stripped]
) -> Stripped:
    """Commit the version after ``batch``; ``strip`` is given copies of its rows and refused."""
    version = batch.version + 1
    name = batches.id_of_next(batch, batch.part or "")
    with batches.making(settings, batch.source, batch.partition, name) as folder:
        planned = replace(batch, batch_id=name, version=version, replaces=batch.batch_id)
        if batch.data(settings).exists():
            shutil.copyfile(batch.data(settings), folder / batches.DATA)
        refused = planned.refused_folder(settings)
        for path in kept_files(batch.refused_folder(settings)):
            refused.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, refused / path.name)
        stripped = strip(folder / batches.DATA, refused)
        faults.point("erase.stripped")
        changed = accounted(planned, stripped)
        batches.commit_files(settings, changed)
        faults.point("erase.before_manifest")
        batches.commit(settings, changed)
        faults.point("erase.after_manifest")
    return stripped


def delete(settings: Settings, batch: Manifest) -> None:
    """Remove a version that another one stands for."""
    shutil.rmtree(batch.refused_folder(settings), ignore_errors=True)
    shutil.rmtree(batch.folder(settings))
    faults.point("erase.deleted")


def versions_before(latest: Manifest, by_id: dict[str, Manifest]) -> list[Manifest]:
    """The versions before a batch that are still on disk, the oldest first."""
    found: list[Manifest] = []
    while (earlier := by_id.get(latest.replaces)) is not None:
        found.insert(0, earlier)
        latest = earlier
    return found
