"""What keeps a home small and safe: retention, pruning, a backup. Each is a task of a DAG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cartera import backups, clock, publications, records
from cartera.arrows.copying import prune_copies
from cartera.arrows.erasing import BACKUP, LOCK
from cartera.backups import BackupReport
from cartera.duck import storage_errors
from cartera.errors import UsageError
from cartera.lock import hold
from cartera.privacy.inbox import remove_delivered
from cartera.privacy.retention import apply_retention
from cartera.settings import Settings
from ingestion.contract import load_contracts

Tell = Callable[[str], None]
# What `cartera backup FOLDER` calls them.
BACKUPS = "cartera-????????T??????Z.tar"


@dataclass(frozen=True)
class RetentionReport:
    """What each contract's retention took out, and the delivered files that went with it."""

    as_of: str
    dry_run: bool
    contracts: list[dict[str, Any]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PruneReport:
    """What is on disk no longer: publications, copies of them as Parquet, leftovers of builds."""

    publications: list[str]
    copies: int
    leftovers: int


@storage_errors("the retention")
def retain(
    settings: Settings,
    *,
    as_of: date | None = None,
    dry_run: bool = False,
    progress: Tell | None = None,
) -> RetentionReport:
    """Take out of landing, quarantine and inbox what contracts keep no longer.

    ``as_of`` is the day that periods count back from, by default the last midnight. It may be
    broken off anywhere and done again. Raises UsageError for a day that is yet to come, and
    LockBusy while something is built, erased, backed up or landed.
    """
    today = clock.last_midnight(settings.business_timezone)
    day = as_of or today
    if day > today:
        raise UsageError(
            f"{day} is yet to come: what is kept today would go.", fix=f"At most {today}."
        )
    contracts = load_contracts(settings.contracts)
    with hold(settings, LOCK), hold(settings, BACKUP), hold(settings, "build"):
        found = apply_retention(
            settings, contracts, day, dry_run=dry_run, tell=progress or (lambda line: None)
        )
        delivered = [] if dry_run else remove_delivered(settings, contracts)
        report = RetentionReport(
            day.isoformat(), dry_run, [asdict(kept) for kept in found], delivered
        )
        if not dry_run and any(kept.batches for kept in found):
            told = [{**asdict(kept), "batches": len(kept.batches)} for kept in found]
            records.append(
                settings, "retention", as_of=report.as_of, contracts=told, user=records.user()
            )
    return report


@storage_errors("the pruning")
def prune(settings: Settings, *, progress: Tell | None = None) -> PruneReport:
    """Delete the publications that the settings keep no longer, and what builds left behind."""
    with hold(settings, "build"):
        removed = publications.prune_by_settings(settings)
        left = publications.remove_leftovers(settings)
        report = PruneReport(removed, len(prune_copies(settings)), len(left))
    if progress:
        progress(f"{len(removed)} publications removed")
    return report


def back_up(settings: Settings, *, progress: Tell | None = None) -> BackupReport | None:
    """A backup into ``CARTERA_BACKUP_FOLDER``; then the oldest beyond those that are kept go.

    None, and says so, where no folder is set.
    """
    tell = progress or (lambda line: None)
    if not settings.backup_folder:
        tell("no backup is made: CARTERA_BACKUP_FOLDER is not set")
        return None
    folder = Path(settings.backup_folder)
    if not folder.is_dir():
        raise UsageError(
            f"CARTERA_BACKUP_FOLDER: there is no folder {folder}.", fix="Make it, or unset it."
        )
    report = backups.backup(settings, folder, progress=progress)
    for old in sorted(folder.glob(BACKUPS), reverse=True)[settings.keep_backups :]:
        old.unlink()
        records.append(settings, "backups", event="prune", file=str(old))
        tell(f"removed {old}")
    return report
