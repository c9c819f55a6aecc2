"""A home that comes back from the past, without whom was erased since.

Tombstones alone say who that is, so the sweep needs nobody to be named. What it cannot clean are
the publications in the backup: they stay readable and are told of until a build replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cartera import backups, publications, tombstones
from cartera.arrows.copying import prune_copies
from cartera.backups import RestoreReport
from cartera.lock import hold
from cartera.privacy import elsewhere
from cartera.privacy.inbox import remove_delivered
from cartera.privacy.sweep import sweep_stores
from cartera.settings import Settings
from ingestion.contract import load_contracts

Tell = Callable[[str], None]
NOBODY = (
    "nobody was erased after this backup, as far as is known here: else name today's tombstones "
    "with --tombstones"
)


def restore(
    settings: Settings,
    path: Path,
    *,
    check: bool = False,
    stones: Sequence[Path] = (),
    progress: Tell | None = None,
) -> RestoreReport:
    """Restore the backup ``path``, and take out of it whom the tombstones of ``stones`` are for.

    Those of ``CARTERA_TOMBSTONES_COPY`` are taken as well. Raises what ``backups.restore``
    does, and UsageError for tombstones that were made with another key than the backup.
    """
    tell = progress or (lambda line: None)
    copy = Path(settings.tombstones_copy) if settings.tombstones_copy else None
    known = [*stones, *([copy] if copy and copy.exists() else [])]

    def settle(staged: Settings) -> dict[str, int]:
        return _without_the_erased(staged, known, tell)

    report = backups.restore(settings, path, check=check, settle=settle, progress=progress)
    if not known and not check:
        report.warnings.append(NOBODY)
    return report


def leave_outdated(settings: Settings, publication_id: str) -> None:
    """A build has replaced what a restore brought back: nobody goes back to that, or finds it.

    The caller holds the build's lock.
    """
    if not publications.outdated(settings):
        return
    elsewhere.remove_traces(settings, publication_id)
    publications.forget_before(settings, publication_id)
    prune_copies(settings)


def _without_the_erased(staged: Settings, known: Sequence[Path], tell: Tell) -> dict[str, int]:
    """Sweep a home by all tombstones that are known; returns what that took out, counted."""
    new = sum(tombstones.take_over(staged, path) for path in known)
    if not new:
        return {}
    contracts = load_contracts(staged.contracts)
    with hold(staged, "build"):
        swept, removed = sweep_stores(staged, contracts, tell)
        delivered = remove_delivered(staged, contracts)
    on_disk = publications.listed(staged)
    if on_disk:
        publications.mark_outdated(staged, on_disk[0].publication_id)
    done = {
        "tombstones": new,
        "rows erased": sum(swept.rows.values()),
        "refused records erased": sum(swept.refused.values()),
        "facts that name nobody now": sum(swept.unidentified.values()),
        "batches written anew": swept.batches,
        "delivered files": len(delivered),
        **removed,
    }
    return {what: number for what, number in done.items() if number}
