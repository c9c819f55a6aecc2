"""Publications: a folder each, and one link that says which is current.

A candidate is built in a hidden folder beside the publications. To publish is to seal its
files, rename the folder and swap the link ``current`` in one rename; a reader sees the old
publication or the new one and nothing between. Readers that opened the old one keep it.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from cartera import clock, faults, records
from cartera.duck import confine, literal
from cartera.errors import BaseMoved, CarteraError, UsageError
from cartera.files import sync_file, sync_folder
from cartera.quantities import age, size
from cartera.settings import Settings

WAREHOUSE = "warehouse.duckdb"
CONTACTS = "contacts.duckdb"
WORK = "work.duckdb"
CURRENT = "current"
CANDIDATE = ".candidate-"
MOMENT = "%Y%m%dT%H%M%S%fZ"
PUBLISHED = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}")
LEFTOVER = re.compile(rf"\.candidate-.+|\.current\..+|{PUBLISHED.pattern}")


@dataclass(frozen=True)
class Publication:
    """A published folder. ``is_current`` is how the link stood when it was listed."""

    publication_id: str
    folder: Path
    is_current: bool

    @property
    def warehouse(self) -> Path:
        return self.folder / WAREHOUSE

    @property
    def contacts(self) -> Path:
        return self.folder / CONTACTS

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


def new_id(moment: datetime, inputs_hash: str) -> str:
    """Ids sort by the time of their build and tell builds of one second apart by their input."""
    return f"{moment:{MOMENT}}-{inputs_hash[:8]}"


def next_id(settings: Settings, moment: datetime, inputs_hash: str) -> str:
    """The id of a build of ``moment``: later than every one before it, whatever the clock says.

    What is newest, what is one back and what an erasure removes is told by the order of ids; a
    clock that was wrong, and was put right, would turn it round.
    """
    on_disk = settings.publications.iterdir() if settings.publications.is_dir() else ()
    names = [path.name for path in on_disk]
    names += [event["publication_id"] for event in records.read(settings, "publications")]
    known = [name for name in names if PUBLISHED.fullmatch(name)]
    if known:
        latest = datetime.strptime(max(known).partition("-")[0], MOMENT).replace(tzinfo=UTC)
        moment = max(moment, latest + timedelta(microseconds=1))
    return new_id(moment, inputs_hash)


def current(settings: Settings) -> Publication | None:
    """The publication that readers see, None before the first."""
    name = current_id(settings)
    return Publication(name, settings.publications / name, True) if name else None


def current_id(settings: Settings) -> str | None:
    """Where the link points. Raises CarteraError if it points outside or to nothing."""
    link = settings.publications / CURRENT
    try:
        target = os.readlink(link)
    except FileNotFoundError:
        return None
    folder = settings.publications / target
    if "/" in target or target.startswith(".") or folder.is_symlink() or not folder.is_dir():
        raise CarteraError(
            f"{link} points to {target!r}, which is no publication beside it.",
            fix="Choose one with `cartera publications rollback ID`.",
        )
    return target


def listed(settings: Settings) -> list[Publication]:
    """Every publication that was ever current and is still on disk, newest first."""
    now_current = current_id(settings)
    return [
        Publication(name, settings.publications / name, name == now_current)
        for name in sorted(_published(settings, now_current), reverse=True)
        if (settings.publications / name).is_dir()
    ]


def make_candidate(settings: Settings, publication_id: str) -> Path:
    """An empty folder for a build. What earlier builds left behind is removed first."""
    remove_leftovers(settings)
    folder = settings.publications / f"{CANDIDATE}{publication_id}"
    folder.mkdir(parents=True, mode=0o750)
    return folder


def remove_leftovers(settings: Settings) -> list[str]:
    """Delete candidates, and folders that were renamed but never became current."""
    settings.publications.mkdir(parents=True, exist_ok=True)
    keep = _adopt_current(settings)
    left = [
        path
        for path in settings.publications.iterdir()
        if LEFTOVER.fullmatch(path.name) and path.name not in keep
    ]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            path.unlink()
    return [path.name for path in left]


def publish(
    settings: Settings, candidate: Path, publication_id: str, base: str | None, **facts: Any
) -> Publication:
    """Make ``candidate`` the current publication if ``base`` still is.

    Raises BaseMoved if another publication became current meanwhile, and CarteraError if a
    file of the candidate is still open for writing (it has a ``.wal``).
    """
    logs = [path.name for path in candidate.iterdir() if path.name.endswith(".wal")]
    if logs:
        raise CarteraError(
            f"{candidate}: {', '.join(logs)} shows a writer that has not finished.",
            fix="Build again; the current publication is untouched.",
        )
    now_current = current_id(settings)
    if now_current != base:
        raise BaseMoved(
            f"The build started from {base or 'nothing'}, and {now_current} is current now.",
            fix="Build again, from the publication that is current.",
        )
    seal(settings, candidate)
    faults.point("publish.before_rename")
    folder = settings.publications / publication_id
    candidate.rename(folder)
    sync_folder(settings.publications)
    faults.point("publish.renamed")
    point_to(settings, publication_id)
    faults.point("publish.swapped")
    records.append(
        settings, "publications", event="publish", publication_id=publication_id, base=base, **facts
    )
    return Publication(publication_id, folder, True)


def rollback(settings: Settings, wanted: str | None, reason: str) -> Publication:
    """Point ``current`` back to ``wanted``, by default the publication before.

    Raises UsageError if there is no such publication.
    """
    now_current = None
    # With a link that leads nowhere, going back to a publication by its id is the way out.
    with suppress(CarteraError):
        now_current = current_id(settings)
        # Put on the record what a kill kept off it, or there would be no way forward again.
        _adopt_current(settings)
    on_disk = [
        name
        for name in sorted(_published(settings, now_current), reverse=True)
        if (settings.publications / name).is_dir()
    ]
    if wanted is None:
        older = [name for name in on_disk if now_current and name < now_current]
        if not older:
            raise UsageError("There is no publication before the current one.")
        wanted = older[0]
    if wanted not in on_disk:
        raise UsageError(
            f"No publication {wanted!r}.", fix="See `cartera publications list` for the ids."
        )
    point_to(settings, wanted)
    records.append(
        settings,
        "publications",
        event="rollback",
        publication_id=wanted,
        base=now_current,
        reason=reason,
    )
    return Publication(wanted, settings.publications / wanted, True)


def prune(
    settings: Settings,
    *,
    keep: int | None = None,
    older_than: timedelta | None = None,
    disk_budget: int | None = None,
) -> list[str]:
    """Delete the publications that one of the limits is for; never the current one.

    ``keep`` is how many of the newest stay, ``older_than`` the age above which one goes, and
    ``disk_budget`` the bytes that all of them may take, the current one first.
    """
    found = listed(settings)
    doomed = {p.publication_id for p in found[keep:]} if keep is not None else set()
    if older_than is not None:
        oldest = f"{clock.now() - older_than:{MOMENT}}"
        doomed |= {p.publication_id for p in found if p.publication_id < oldest}
    if disk_budget is not None:
        left = disk_budget - sum(p.size for p in found if p.is_current)
        for publication in found:
            if not publication.is_current and publication.publication_id not in doomed:
                left -= publication.size
                if left < 0:
                    doomed.add(publication.publication_id)
    removed = []
    for publication in found:
        if publication.publication_id in doomed and not publication.is_current:
            remove_folder(publication.folder)
            removed.append(publication.publication_id)
            records.append(
                settings, "publications", event="prune", publication_id=publication.publication_id
            )
    return removed


def prune_by_settings(settings: Settings) -> list[str]:
    """What a build does at its end: the limits that the settings have."""
    return prune(
        settings,
        keep=settings.keep_publications,
        older_than=age(settings.keep_publications_for) if settings.keep_publications_for else None,
        disk_budget=size(settings.publications_budget) if settings.publications_budget else None,
    )


def find(settings: Settings, wanted: str) -> Publication:
    """The publication ``wanted``, or ``current``. Raises UsageError if it is not on disk."""
    for publication in listed(settings):
        if wanted == publication.publication_id or (wanted == CURRENT and publication.is_current):
            return publication
    raise UsageError(
        f"No publication {wanted!r}.", fix="See `cartera publications list` for the ids."
    )


def last_two(settings: Settings) -> tuple[Publication, Publication]:
    """The publication before the current one, and the current one. Raises UsageError."""
    found = listed(settings)
    for now in found:
        older = [p for p in found if p.publication_id < now.publication_id]
        if now.is_current and older:
            return older[0], now
    raise UsageError("There is no publication before the current one.")


def forget_before(settings: Settings, floor: str) -> list[str]:
    """Delete every publication before ``floor``, for good: none of them is gone back to.

    One that a backup brings back is no publication any more; the next build removes its folder.
    """
    records.append(settings, "publications", event="floor", publication_id=floor)
    older = [
        path.name
        for path in settings.publications.iterdir()
        if LEFTOVER.fullmatch(path.name) and path.name < floor and not path.is_symlink()
    ]
    for name in sorted(older):
        remove_folder(settings.publications / name)
        records.append(settings, "publications", event="prune", publication_id=name)
    return sorted(older)


def mark_outdated(settings: Settings, newest: str) -> None:
    """Put on the record that those up to ``newest`` hold people who were erased since."""
    records.append(settings, "publications", event="outdated", publication_id=newest)


def outdated(settings: Settings) -> str | None:
    """The newest that was marked so, for as long as one of them may be gone back to."""
    events = records.read(settings, "publications")
    newest = {
        kind: max((e["publication_id"] for e in events if e["event"] == kind), default="")
        for kind in ("outdated", "floor")
    }
    return newest["outdated"] if newest["outdated"] >= max(newest["floor"], "0") else None


def remove_folder(folder: Path) -> None:
    """Delete a publication's or candidate's folder, sealed or not, if it is there."""
    if folder.is_dir():
        folder.chmod(0o750)
        shutil.rmtree(folder)


def facts(publication: Publication) -> dict[str, Any]:
    """The row of ``meta.publication``. Raises CarteraError if the file cannot be opened."""
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach {literal(publication.warehouse)} as w (read_only)")
            confine(connection)
            cursor = connection.execute("select * from w.meta.publication")
        except duckdb.Error as error:
            raise CarteraError(
                f"{publication.warehouse}: cannot be read ({error}).",
                fix="Roll back to another with `cartera publications rollback`.",
            ) from error
        names = [column[0] for column in cursor.description]
        row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def _published(settings: Settings, now_current: str | None) -> set[str]:
    """Ids on the record, and the current one: a kill may fall between link and record."""
    events = records.read(settings, "publications")
    floor = max((e["publication_id"] for e in events if e["event"] == "floor"), default="")
    known = {
        event["publication_id"]
        for event in events
        if event["event"] == "publish" and event["publication_id"] >= floor
    }
    return known | ({now_current} if now_current else set())


def _adopt_current(settings: Settings) -> set[str]:
    """Every published id, with the current one put on the record if a kill kept it off."""
    now_current = current_id(settings)
    recorded = _published(settings, None)
    if now_current and now_current not in recorded:
        records.append(settings, "publications", event="publish", publication_id=now_current)
    return _published(settings, now_current)


def seal(settings: Settings, candidate: Path) -> None:
    """Make the files read-only and durable; contact data for its owner, or one group, alone."""
    modes = {WAREHOUSE: 0o440, CONTACTS: 0o400}
    for name, mode in modes.items():
        path = candidate / name
        if name == CONTACTS and settings.contacts_group:
            try:
                shutil.chown(path, group=settings.contacts_group)
            except (LookupError, PermissionError) as error:
                raise UsageError(
                    f"CARTERA_CONTACTS_GROUP: {settings.contacts_group!r} cannot be given "
                    f"{path.name} ({error}).",
                    fix="Name a group that exists and that this user is in, or unset it.",
                ) from error
            mode = 0o440
        path.chmod(mode)
        sync_file(path)
    sync_folder(candidate)
    # A reader that could write here might leave a .wal, which the next reader would replay.
    candidate.chmod(0o550)


def point_to(settings: Settings, publication_id: str) -> None:
    """Swap the link ``current`` by one rename."""
    aside = settings.publications / f".{CURRENT}.{os.getpid()}.{clock.now():%f}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(publication_id)
    os.replace(aside, settings.publications / CURRENT)
    sync_folder(settings.publications)
