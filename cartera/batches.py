"""Batches and their manifests: what landed, what it weighs, and whether a build may read it.

The manifest is the commit of a batch: it is written last, by rename, and whoever reads
landing reads manifests, never a glob. For every batch
``received = accepted + quarantined + erased``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from cartera import clock, records
from cartera.errors import CarteraError, UsageError
from cartera.files import write_json
from cartera.lock import hold
from cartera.settings import Settings

State = Literal["landed", "held", "discarded"]
MANIFEST = "manifest.json"
DATA = "data.parquet"
REJECTED = "rows.parquet"


@dataclass(frozen=True)
class Manifest:
    """One batch: where it came from, its account, its state."""

    batch_id: str
    system: str
    source: str
    partition: str
    delivery: str
    ordinal: int
    checksum: str
    delivery_kind: Literal["increment", "snapshot"]
    state: State
    received: int
    accepted: int
    quarantined: int
    erased: int
    landed_rows: int
    landed_at: str
    reason: str = ""
    is_readable: bool = True
    is_awaited: bool = False
    rejects: dict[str, int] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    # Rows of the file that are no records of the contract: total lines, other kinds of events.
    skipped: dict[str, int] = field(default_factory=dict)
    drift: list[dict[str, str]] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.received != self.accepted + self.quarantined + self.erased:
            raise CarteraError(
                f"Batch {self.batch_id} of {self.system}/{self.source} does not balance: "
                f"{self.received} received, {self.accepted} accepted, "
                f"{self.quarantined} quarantined, {self.erased} erased."
            )

    @property
    def order(self) -> tuple[str, str, int]:
        """Later versions of a record sort later, whatever the order of landing."""
        return (self.partition, self.delivery, self.ordinal)

    def folder(self, settings: Settings) -> Path:
        return batch_folder(settings.landing, self.source, self.partition, self.batch_id)

    def data(self, settings: Settings) -> Path:
        return self.folder(settings) / DATA

    def rejected(self, settings: Settings) -> Path:
        root = settings.quarantine
        return batch_folder(root, self.source, self.partition, self.batch_id) / REJECTED


def batch_folder(root: Path, source: str, partition: str, batch_id: str) -> Path:
    """The folder of a batch below ``landing/`` or ``quarantine/``."""
    return root / source / f"partition={partition}" / f"batch={batch_id}"


def batch_id(system: str, source: str, delivery: str, ordinal: int, checksum: str) -> str:
    """Names a batch: the same delivery of the same bytes, the n-th time that it changed."""
    identity = json.dumps([system, source, delivery, ordinal, checksum])
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def commit(settings: Settings, manifest: Manifest) -> None:
    """Write the manifest; from here on the batch exists."""
    write_json(manifest.folder(settings) / MANIFEST, asdict(manifest))


def scan(settings: Settings, source: str | None = None) -> list[Manifest]:
    """Every batch (of one source), in version order. Raises CarteraError on a broken manifest."""
    found = [_read(folder / MANIFEST) for folder in _folders(settings.landing, source)]
    return sorted((m for m in found if m), key=lambda m: (m.source, m.system, *m.order))


def find(settings: Settings, wanted: str) -> Manifest:
    """The batch whose id starts with ``wanted``. Raises UsageError unless there is just one."""
    matches = [m for m in scan(settings) if m.batch_id.startswith(wanted)]
    if len(matches) != 1:
        many = "No batch" if not matches else f"{len(matches)} batches"
        raise UsageError(f"{many} with an id like {wanted!r}.", fix="See `cartera batch list`.")
    return matches[0]


def readable(manifests: list[Manifest]) -> list[Manifest]:
    """The batches that a build reads: landed, and of snapshots only the latest of its system."""
    landed = [m for m in manifests if m.state == "landed"]
    latest = {(m.system, m.source): m for m in landed if m.delivery_kind == "snapshot"}
    return [m for m in landed if m.delivery_kind == "increment" or latest[m.system, m.source] == m]


def set_state(
    settings: Settings, wanted: str, state: State, reason: str, *, again: bool = False
) -> Manifest:
    """Release a held batch, or discard one that is held or landed, on the record.

    ``again`` lets the next ingest take the discarded delivery once more, as it is: after a
    contract was mended. Raises UsageError if the batch is in another state, if the reason is
    empty, or if it is to be released although none of it could be read.
    """
    if not reason.strip():
        raise UsageError("A reason is needed.", fix='Add --reason "why".')
    source = find(settings, wanted).source
    with hold(settings, f"ingest-{source}"):
        manifest = find(settings, wanted)
        if manifest.state == "discarded" or (state == "landed" and manifest.state == "landed"):
            raise UsageError(
                f"Batch {manifest.batch_id} is {manifest.state} already.",
                fix="A held batch is released; one that is held or landed is discarded.",
            )
        if state == "landed" and not manifest.is_readable:
            raise UsageError(
                f"Batch {manifest.batch_id} has nothing to release: {manifest.reason}",
                fix="Mend the contract or the file, discard the batch and ingest again.",
            )
        changed = replace(manifest, state=state, reason=reason, is_awaited=again)
        commit(settings, changed)
        records.append(settings, "batches", batch_id=manifest.batch_id, state=state, reason=reason)
        return changed


def remove_unfinished(settings: Settings, source: str) -> int:
    """Delete what a killed ingest left of ``source``: folders without a manifest."""
    left = [f for f in _folders(settings.landing, source) if not (f / MANIFEST).exists()]
    for folder in left:
        shutil.rmtree(folder)
    kept = {f.name for f in _folders(settings.landing, source)}
    for folder in list(_folders(settings.quarantine, source)):
        if folder.name not in kept:
            shutil.rmtree(folder)
    return len(left)


def stamp() -> str:
    """The time that goes into a manifest."""
    return clock.now().isoformat()


def _folders(root: Path, source: str | None) -> Iterator[Path]:
    pattern = f"{source or '*'}/partition=*/batch=*"
    return iter(sorted(root.glob(pattern)))


def _read(path: Path) -> Manifest | None:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**values)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CarteraError(
            f"{path}: the manifest cannot be read ({error}).",
            fix="Restore it from a backup, or delete the batch's folder and ingest again.",
        ) from error
