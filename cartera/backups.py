"""Backup and restore: all that a home needs to come back, in one archive.

A backup takes no lock of builds or ingests, which may last for hours. It reads in an order in
which whatever is written meanwhile does no harm: the publication is opened first and stays
readable though it were pruned; then the records; then landing by its manifests, which are
written last; then the deliveries that none of these manifests names. What it holds is a home as
a power cut could have left it, and builds start clean from that.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from cartera import __version__, archive, batches, clock, faults, publications, records, tombstones
from cartera.duck import storage_errors
from cartera.errors import CarteraError, UsageError
from cartera.keys import hash_key, keyed_hash
from cartera.lock import hold
from cartera.publications import Publication
from cartera.settings import Settings

Tell = Callable[[str], None]
# Given the home as it stands aside; returns what it did, counted.
Settle = Callable[[Settings], dict[str, int]]
# This company's own words: what people wrote into the home.
WRITTEN = ("contracts", "connections", "audiences", "destinations", "stewards")
SECTIONS = ("publications", "state", *WRITTEN, "landing", "quarantine", "inbox")
# Below state/: what processes hold, what is made again when it is missing, and logs.
LEFT_OUT = ("tmp", "locks", "index", "logs", "airflow")
UNPACKING = "restoring"


@dataclass(frozen=True)
class BackupReport:
    """What an archive holds; ``warnings`` is what it does not hold and a restore would need."""

    file: str
    bytes: int
    files: dict[str, int]
    current: str | None
    publications: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class RestoreReport:
    """What a home was restored to, or, where only looked at, could be.

    ``settled`` is what was done to it before anybody could read it.
    """

    home: str
    made_at: str
    files: dict[str, int]
    current: str | None
    publications: list[str]
    warnings: list[str]
    settled: dict[str, int] = field(default_factory=dict)


@storage_errors("the backup")
def backup(
    settings: Settings, target: Path, *, older: int = 0, progress: Tell | None = None
) -> BackupReport:
    """Write an archive of the home to ``target``, a new file or a folder to make one in.

    ``older`` is how many publications besides the current one go with it.
    Raises UsageError if the file is there already, LockBusy if another backup runs.
    """
    tell = progress or (lambda line: None)
    if not settings.home.is_dir():
        raise UsageError(f"There is no home {settings.home}.", fix="Name it with --home.")
    moment = clock.now()
    path = target / f"cartera-{moment:%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target
    # Asked before state/ is read, since a first use makes it.
    key = keyed_hash(hash_key(settings), "backup")
    tombstones.keep_copy(settings)
    with hold(settings, "backup"), ExitStack() as opened:
        pinned = [
            (publication, _open(opened, publication)) for publication in _chosen(settings, older)
        ]
        current = next((p.publication_id for p, _ in pinned if p.is_current), None)

        def facts() -> dict[str, Any]:
            return {
                "made_at": moment.isoformat(),
                "version": __version__,
                "current": current,
                "publications": [p.publication_id for p, _ in pinned],
                # Tells whether a home that is restored has the same key, and not what it is.
                "key": key,
            }

        manifest = archive.write(path, _entries(settings, pinned, tell), facts)
        report = BackupReport(
            file=str(path),
            bytes=path.stat().st_size,
            files=_count(manifest),
            current=current,
            publications=manifest["publications"],
            warnings=_unkept_key(settings),
        )
        records.append(
            settings, "backups", event="backup", file=report.file, bytes=report.bytes,
            publication_id=current, user=records.user(),
        )  # fmt: skip
    return report


@storage_errors("the restore")
def restore(
    settings: Settings,
    path: Path,
    *,
    check: bool = False,
    settle: Settle | None = None,
    progress: Tell | None = None,
) -> RestoreReport:
    """Make the home, which must be empty, what it was at the backup; all of it or nothing.

    ``check`` only reads the archive and compares every checksum. ``settle`` is done to the home
    while it is whole and nobody reads it yet. Raises UsageError for a home with something in it,
    and CarteraError for an archive that cannot be trusted.
    """
    tell = progress or (lambda line: None)
    if check:
        manifest = _read(path, lambda name, size, content: None)
        return _restored(settings, manifest)
    _refuse_unless_empty(settings.home)
    with _beside(settings.home) as folder:
        tell(f"unpacking {path}")
        manifest = _read(path, lambda name, size, content: _unpack(folder, name, content))
        tell("every checksum is right")
        # Made anew: a copy would keep the folders of the home that it has looked up already.
        staged = Settings(**{**settings.model_dump(), "home": folder.resolve()})
        for name in ("inbox", "landing", "quarantine", "state"):
            _make_folder(folder / name)
        for file in manifest["files"]:
            _set_times(folder / file["name"], file)
        _link_publications(staged, manifest)
        settled = settle(staged) if settle else {}
        report = replace(_restored(settings, manifest), settled=settled)
        records.append(
            staged, "backups", event="restore", file=str(path), made_at=manifest["made_at"],
            publication_id=manifest["current"], user=records.user(), settled=settled,
        )  # fmt: skip
        os.sync()
        faults.point("restore.unpacked")
        _move_in(folder, settings.home)
    tell(f"restored to {settings.home}")
    return report


def _chosen(settings: Settings, older: int) -> list[Publication]:
    """The current publication, and as many others as were asked for, newest first."""
    found = publications.listed(settings)
    others = [p for p in found if not p.is_current][:older]
    return [p for p in found if p.is_current or p in others]


def _open(stack: ExitStack, publication: Publication) -> list[tuple[str, BinaryIO]]:
    """Its files, open: they stay readable though it is pruned before they are read."""
    return [
        (
            f"publications/{publication.publication_id}/{path.name}",
            stack.enter_context(path.open("rb")),
        )
        for path in sorted(publication.folder.iterdir())
    ]


def _entries(
    settings: Settings, pinned: list[tuple[Publication, list[tuple[str, BinaryIO]]]], tell: Tell
) -> Iterator[tuple[str, BinaryIO]]:
    """Names and files in the one order that is safe while others write."""
    for publication, files in pinned:
        tell(f"publication {publication.publication_id}")
        yield from files
    tell("records, decisions, contracts")
    for name in ("state", *WRITTEN):
        for path in _files(settings.home / name):
            inside = path.relative_to(settings.home).parts
            if name == "state" and _is_left_out(inside[1:]):
                continue
            yield from _entry(settings.home, path)
    # Before the manifests are listed: what lands in between is taken twice and not left out.
    landed = _landed(settings)
    manifests = sorted(settings.landing.glob(f"*/partition=*/batch=*/{batches.MANIFEST}"))
    tell(f"{len(manifests)} batches")
    for manifest in manifests:
        # The manifest first: what it names is there already, whatever it becomes later.
        yield from _entry(settings.home, manifest)
        refused = settings.quarantine / manifest.parent.relative_to(settings.landing)
        for path in (*_files(manifest.parent), *_files(refused)):
            if path != manifest:
                yield from _entry(settings.home, path)
    waiting = [path for path in _files(settings.inbox) if _is_waiting(settings, path, landed)]
    tell(f"{len(waiting)} deliveries that have not landed")
    for path in waiting:
        yield from _entry(settings.home, path)


def _entry(home: Path, path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """``path`` under its name in the home, unless it went away since it was seen."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        yield path.relative_to(home).as_posix(), os.fdopen(descriptor, "rb")


def _files(folder: Path) -> Iterator[Path]:
    """Plain files below ``folder``, in order; links and what is being written are passed over."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _is_left_out(inside: tuple[str, ...]) -> bool:
    """What identity keeps from build to build is made again, too."""
    return inside[0] in LEFT_OUT or (inside[0] == "identity" and inside[-1].startswith("base-"))


def _landed(settings: Settings) -> dict[str, dict[str, int]]:
    """Of each delivery that no ingest needs any more, what its batch tells of the file."""
    return {
        m.delivery: m.file
        for m in batches.scan(settings)
        if m.is_readable and not m.is_awaited and m.file
    }


def _is_waiting(settings: Settings, path: Path, landed: dict[str, dict[str, int]]) -> bool:
    """Whether this delivery, as it is now, may not have landed. In doubt it is taken along."""
    known = landed.get(path.relative_to(settings.inbox).as_posix())
    try:
        stat = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    seen = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "ctime_ns": stat.st_ctime_ns}
    return known != seen


def _unkept_key(settings: Settings) -> list[str]:
    if not settings.hash_key:
        return []
    return ["CARTERA_HASH_KEY is set: the key is not in the backup; keep it in another safe place"]


def _count(manifest: dict[str, Any]) -> dict[str, int]:
    """Files by section."""
    names = [file["name"].split("/", 1)[0] for file in manifest["files"]]
    return {section: names.count(section) for section in SECTIONS}


def _restored(settings: Settings, manifest: dict[str, Any]) -> RestoreReport:
    has_key = any(file["name"] == "state/hash.key" for file in manifest["files"])
    warnings = []
    if settings.hash_key:
        if keyed_hash(hash_key(settings), "backup") != manifest["key"]:
            warnings.append("CARTERA_HASH_KEY is not the key of this backup: new ids would differ")
    elif not has_key:
        warnings.append(
            "the key of this backup came from CARTERA_HASH_KEY: set it, or new ids would differ"
        )
    return RestoreReport(
        home=str(settings.home),
        made_at=manifest["made_at"],
        files=_count(manifest),
        current=manifest["current"],
        publications=manifest["publications"],
        warnings=warnings,
    )


def _refuse_unless_empty(home: Path) -> None:
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        raise UsageError(
            f"{home} is no folder.", fix="Name an empty one, or one that is not there."
        )
    if home.is_dir() and any(not _is_abandoned(path) for path in home.iterdir()):
        raise UsageError(
            f"{home} is not empty.",
            fix="Restore to an empty folder, or one that is not there; tombstones of this home go "
            "with --tombstones.",
        )


def _is_abandoned(path: Path) -> bool:
    """What a killed restore left: it can go unless its process lives."""
    return path.name.startswith(f".{UNPACKING}-")


@contextmanager
def _beside(home: Path) -> Iterator[Path]:
    """A folder to unpack to, on the home's file system, gone at the end with what is in it."""
    _make_folder(home.parent)
    # A mounted folder cannot be replaced, only filled.
    inside = home.is_dir() and (os.path.ismount(home) or not os.access(home.parent, os.W_OK))
    parent, prefix = (
        (home, f".{UNPACKING}-") if inside else (home.parent, f".{home.name}.{UNPACKING}-")
    )
    for left in parent.glob(f"{glob.escape(prefix)}*"):
        with _locked(left) as is_ours:
            if is_ours:
                shutil.rmtree(left)
    folder = parent / f"{prefix}{os.getpid()}"
    folder.mkdir(mode=0o750)
    with _locked(folder):
        try:
            yield folder
        finally:
            if folder.is_dir():
                for sealed in folder.glob("publications/*"):
                    sealed.chmod(0o750)
                shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold ``folder``; yields whether nobody else did."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)


def _unpack(folder: Path, name: str, content: BinaryIO) -> None:
    path = folder / name
    _make_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, archive.CHUNK)


def _set_times(path: Path, file: dict[str, Any]) -> None:
    path.chmod(file["mode"] & 0o660)
    os.utime(path, ns=(file["mtime_ns"], file["mtime_ns"]))


def _link_publications(staged: Settings, manifest: dict[str, Any]) -> None:
    """Seal the publications as a build does, and point to the current one."""
    for name in manifest["publications"]:
        publications.seal(staged, staged.publications / name)
    if manifest["current"]:
        publications.point_to(staged, manifest["current"])


def _read(path: Path, take: archive.Take) -> dict[str, Any]:
    """The archive's manifest. Raises CarteraError if it names publications that are not in it."""
    manifest = archive.read(path, SECTIONS, take)
    names = [file["name"].split("/") for file in manifest["files"]]
    there = {parts[1] for parts in names if parts[0] == "publications"}
    told = set(manifest["publications"])
    if told != there or manifest["current"] not in {None, *told}:
        raise archive.wrong(path, "its publications are not those that its manifest names")
    return manifest


def _move_in(folder: Path, home: Path) -> None:
    """The unpacked home under its name: by one rename, or entry by entry into a mounted folder."""
    if folder.parent != home:
        try:
            folder.rename(home)
        except OSError as error:
            raise CarteraError(
                f"{home} could not be put in place ({error.strerror}).",
                fix="See that nothing else writes there, and restore again.",
            ) from error
        return
    moved: list[Path] = []
    try:
        # What says that something is published comes last.
        for path in sorted(folder.iterdir(), key=lambda p: (p.name == "publications", p.name)):
            moved.append(path.rename(home / path.name))
            faults.point("restore.moved")
    except OSError:
        for path in moved:
            path.rename(folder / path.name)
        raise
