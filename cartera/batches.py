"""Batches and their manifests: what landed, what it weighs, and whether a build may read it.

The manifest is the commit of a batch: it is written last, by rename, and whoever reads
landing reads manifests, never a glob. For every batch
``received = accepted + quarantined + erased``.

Landed files do not change. What becomes of a batch when refused records are replayed is a new
batch, in its place and with its whole account, that names it in ``replaces``: from the moment
that the new manifest is there, the old batch is out of every list.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from cartera import batch_index, clock, records
from cartera.errors import CarteraError, UsageError
from cartera.files import sync_file, write_json
from cartera.lock import hold
from cartera.settings import Settings

State = Literal["landed", "held", "discarded"]
MANIFEST = batch_index.MANIFEST
DATA = "data.parquet"
REJECTED = "rows.parquet"
GROUPS = "groups.parquet"
CORRECTED = "corrected.parquet"


def _has_no_default(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


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
    # The n-th time that these bytes were taken up, and the batch that this one is instead of.
    version: int = 1
    replaces: str = ""
    # A digest of the contract that parsed it.
    contract: str = ""
    # Of a text file with refused records: its columns, by which they can be corrected.
    header: list[str] = field(default_factory=list)
    # Size and times of the delivered file, where they tell that it is still the same.
    file: dict[str, int] = field(default_factory=dict)
    # Who replayed refused records into this version, when, and how many were corrected.
    replayed: dict[str, Any] = field(default_factory=dict)
    # The part of the source that its contract is for; None before manifests said so.
    part: str | None = None
    # Rows of facts that named an erased person, and name nobody now.
    unidentified: int = 0

    def __post_init__(self) -> None:
        if self.received != self.accepted + self.quarantined + self.erased:
            raise CarteraError(
                f"Batch {self.batch_id} of {self.system}/{self.source} does not balance: "
                f"{self.received} received, {self.accepted} accepted, "
                f"{self.quarantined} quarantined, {self.erased} erased."
            )

    def __getattr__(self, name: str) -> Any:
        """The larger values of a manifest out of the index, which wait until they are asked for."""
        values = self.__dict__
        if name not in LARGER or KEPT not in values:
            raise AttributeError(name)
        kept = values.pop(KEPT)
        values.update({name: make() for name, make in LARGER.items()})
        if kept:
            values.update(json.loads(kept))
        return values[name]

    @property
    def has_erased(self) -> bool:
        """Whether what was delivered holds somebody who was erased."""
        return bool(self.erased or self.unidentified)

    @property
    def order(self) -> tuple[str, str, int, str]:
        """Later versions of a record sort later, whatever the order of landing."""
        return (self.partition, self.delivery, self.ordinal, self.part or "")

    def folder(self, settings: Settings) -> Path:
        return batch_folder(settings.landing, self.source, self.partition, self.batch_id)

    def data(self, settings: Settings) -> Path:
        return self.folder(settings) / DATA

    def rejected(self, settings: Settings) -> Path:
        return self.refused_folder(settings) / REJECTED

    def refused_folder(self, settings: Settings) -> Path:
        return batch_folder(settings.quarantine, self.source, self.partition, self.batch_id)


# In the index a manifest is its required values; of the others, those that are not the default;
# and of the lists and dictionaries those that are not empty, as one text.
REQUIRED = tuple(f.name for f in fields(Manifest) if _has_no_default(f))
PLAIN = {f.name: f.default for f in fields(Manifest) if f.default is not MISSING}
LARGER = {f.name: f.default_factory for f in fields(Manifest) if f.default_factory is not MISSING}
KEPT = "_kept"
FIELDS = (*REQUIRED, *PLAIN, *LARGER)


def batch_folder(root: Path, source: str, partition: str, batch_id: str) -> Path:
    """The folder of a batch below ``landing/`` or ``quarantine/``."""
    return root / source / f"partition={partition}" / f"batch={batch_id}"


def batch_id(
    system: str,
    source: str,
    delivery: str,
    ordinal: int,
    checksum: str,
    version: int = 1,
    part: str = "",
) -> str:
    """Names a batch: the same delivery of the same bytes, the n-th time that it changed.

    ``version`` counts how often those bytes were taken up. Each ``part`` of a source takes them
    up by itself.
    """
    # No name of a source has a dot.
    said = [system, f"{source}.{part}" if part else source, delivery, ordinal, checksum]
    identity = json.dumps(said if version == 1 else [*said, version])
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def id_of_next(batch: Manifest, part: str) -> str:
    """Names the version after ``batch``, of the same bytes."""
    said = (batch.system, batch.source, batch.delivery, batch.ordinal, batch.checksum)
    return batch_id(*said, batch.version + 1, part)


def commit(settings: Settings, manifest: Manifest) -> None:
    """Write the manifest; from here on the batch exists."""
    write_json(manifest.folder(settings) / MANIFEST, asdict(manifest))


def commit_files(settings: Settings, manifest: Manifest) -> None:
    """Sync what the batch consists of, for ``commit`` to come after it."""
    refused = manifest.refused_folder(settings)
    paths = [manifest.data(settings), *(refused / n for n in (REJECTED, GROUPS, CORRECTED))]
    for path in paths:
        if path.exists():
            sync_file(path)


@contextmanager
def making(settings: Settings, source: str, partition: str, batch_id: str) -> Iterator[Path]:
    """The folder of a batch that is being made; gone again at the end if it has no manifest."""
    folder = batch_folder(settings.landing, source, partition, batch_id)
    refused = batch_folder(settings.quarantine, source, partition, batch_id)
    shutil.rmtree(refused, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        if not (folder / MANIFEST).exists():
            # What is in quarantine goes first: while the other folder stands, it is looked for.
            shutil.rmtree(refused, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


def scan(
    settings: Settings, source: str | None = None, *, replaced: bool = False
) -> list[Manifest]:
    """Every batch (of one source), in version order.

    Those that another one replaces are left out unless they are asked for.
    Raises CarteraError on a broken manifest.
    """
    names = [source] if source else batch_index.sources(settings)
    with batch_index.many_objects():
        return [m for name in names for m in _in_order(_look(settings, name).entries, replaced)]


def tidy(settings: Settings, source: str, *, replaced: bool = False) -> list[Manifest]:
    """Delete what a killed ingest or replay left of ``source``: folders without a manifest.

    Returns every batch of it, as ``scan`` does, out of the same look at them.
    """
    with batch_index.many_objects():
        found = _look(settings, source)
        for folder in found.unfinished:
            place = folder.relative_to(settings.landing)
            shutil.rmtree(settings.quarantine / place, ignore_errors=True)
            shutil.rmtree(folder)
        return _in_order(found.entries, replaced)


def _look(settings: Settings, source: str) -> batch_index.Found:
    return batch_index.look(settings, source, FIELDS, _read)


def _in_order(entries: list[list[Any]], replaced: bool) -> list[Manifest]:
    """The manifests of one source's entries, in version order."""
    found = [_from_entry(entry) for entry in entries]
    if not replaced:
        gone = {m.replaces for m in found if m.replaces}
        if gone:
            found = [m for m in found if m.batch_id not in gone]
    found.sort(key=_version_order)
    return found


def _version_order(m: Manifest) -> tuple[str, str, str, int, str, int]:
    return (m.system, m.partition, m.delivery, m.ordinal, m.part or "", m.version)


def rejected_by_rule(manifests: Iterable[Manifest]) -> list[tuple[str, str, str, int]]:
    """How many records of ``manifests`` were refused: system, source, rule, records, by name."""
    counts: dict[tuple[str, str, str], int] = {}
    for manifest in manifests:
        for rule, count in manifest.rejects.items():
            key = (manifest.system, manifest.source, rule)
            counts[key] = counts.get(key, 0) + count
    return [(*key, count) for key, count in sorted(counts.items())]


def find(settings: Settings, wanted: str) -> Manifest:
    """The batch whose id starts with ``wanted``, or the one that it was replaced by.

    Raises UsageError unless there is just one.
    """
    latest = Latest(scan(settings, replaced=True))
    matches = {m.batch_id: m for m in latest.like(wanted)}
    if len(matches) != 1:
        many = "No batch" if not matches else f"{len(matches)} batches"
        raise UsageError(f"{many} with an id like {wanted!r}.", fix="See `cartera batch list`.")
    return next(iter(matches.values()))


class Latest:
    """Of each batch the one that stands for it now."""

    def __init__(self, manifests: list[Manifest]) -> None:
        """``manifests`` are all that there are, with those that were replaced."""
        self._all = {m.batch_id: m for m in manifests}
        self._after = {m.replaces: m for m in manifests if m.replaces}

    def add(self, manifest: Manifest) -> None:
        """Take up a batch that has just come, or replaced another."""
        self._all[manifest.batch_id] = manifest
        if manifest.replaces:
            self._after[manifest.replaces] = manifest

    def of(self, batch_id: str) -> Manifest | None:
        """The batch of that id, or the one that it was replaced by in the end."""
        while batch_id in self._after:
            batch_id = self._after[batch_id].batch_id
        return self._all.get(batch_id)

    def like(self, wanted: str) -> Iterator[Manifest]:
        """The latest of every batch whose id starts with ``wanted``; some more than once."""
        # Of what an erasure replaced the name alone is left.
        known = {**self._all, **self._after}
        return filter(None, (self.of(name) for name in known if name.startswith(wanted)))


def readable(manifests: list[Manifest]) -> list[Manifest]:
    """The batches that a build reads: landed, and of snapshots only the latest of its system."""
    landed = [m for m in manifests if m.state == "landed"]
    snapshots = [m for m in landed if m.delivery_kind == "snapshot"]
    if not snapshots:
        return landed
    latest = {(m.system, m.source): m for m in snapshots}
    return [m for m in landed if m.delivery_kind == "increment" or latest[m.system, m.source] is m]


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
                fix="Mend the contract and ingest again, or `cartera quarantine replay` it."
                if manifest.received
                else "See to what it says, `cartera batch discard` it with --again and ingest.",
            )
        changed = replace(manifest, state=state, reason=reason, is_awaited=again)
        commit(settings, changed)
        records.append(settings, "batches", batch_id=manifest.batch_id, state=state, reason=reason)
        return changed


def stamp() -> str:
    """The time that goes into a manifest."""
    return clock.now().isoformat()


def _from_entry(entry: list[Any]) -> Manifest:
    """A manifest from its entry in the index; it was checked when it was read."""
    # What is not there is the default, which the class has.
    values = dict(zip(REQUIRED, entry[batch_index.FIRST : -2], strict=True))
    values.update(entry[-2])
    values[KEPT] = entry[-1]
    manifest = object.__new__(Manifest)
    # At once: to set them one by one would be half of a scan.
    object.__setattr__(manifest, "__dict__", values)
    return manifest


def _read(path: Path) -> list[Any] | None:
    """What the index keeps of a manifest; None if there is none."""
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
        plain = {n: v for n, d in PLAIN.items() if (v := getattr(manifest, n)) != d}
        larger = {n: v for n in LARGER if (v := getattr(manifest, n))}
        kept = json.dumps(larger, ensure_ascii=False) if larger else ""
        return [*(getattr(manifest, name) for name in REQUIRED), plain, kept]
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CarteraError(
            f"{path}: the manifest cannot be read ({error}).",
            fix="Restore it from a backup, or delete the batch's folder and ingest again.",
        ) from error
