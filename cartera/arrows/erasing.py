"""From a request for erasure to a certificate: who is meant leaves every store.

Each step may be broken off and done again; how far a request has come stands in its file. From
``barred`` on nobody who is meant can land any more, and a build that comes between finishes the
sweep before it reads anything: no publication has half of somebody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from cartera import faults, publications, records, tombstones
from cartera.arrows.building import build
from cartera.arrows.copying import failed_copies, prune_copies
from cartera.arrows.ingesting import ingest
from cartera.duck import connect, storage_errors
from cartera.errors import RefusedByData, UsageError
from cartera.identity.forgetting import forget_in_exports
from cartera.identity.lookup import open_contacts
from cartera.lock import hold
from cartera.privacy import elsewhere, requests
from cartera.privacy.airflow_rows import remove_airflow_rows
from cartera.privacy.certificate import write_certificate
from cartera.privacy.inbox import remove_delivered
from cartera.privacy.people import Wanted, find_people
from cartera.privacy.requests import Erasure, Subjects
from cartera.privacy.scan import scan
from cartera.privacy.sweep import sweep_stores
from cartera.settings import Settings
from ingestion.contract import load_contracts

Tell = Callable[[str], None]
LOCK = "erase"
# A backup that reads meanwhile would have somebody in a part and not in another.
BACKUP = "backup"


@dataclass(frozen=True)
class ErasureReport:
    """How far an erasure has come; of one that is done, where its certificate is."""

    erasure: Erasure
    certificate: str = ""
    not_found: tuple[str, ...] = ()
    shared: int = 0


@storage_errors("the erasure")
def erase(
    settings: Settings,
    wanted: Wanted,
    *,
    all_holders: bool = False,
    only_request: bool = False,
    and_build: bool = True,
    as_of: date | None = None,
    wait: float | None = None,
    progress: Tell | None = None,
) -> ErasureReport:
    """Erase whom ``wanted`` names from every store of CARTERA_HOME.

    ``only_request`` writes the request down for ``resume_erasure``; without ``and_build`` it ends
    before the rebuild, with the publications as they are. ``as_of`` is the rebuild's, by default
    that of the current publication.

    Raises UsageError if it is not clear who is meant or a request is under way already; what a
    build raises; and RefusedByData if somebody is still found where nothing may be removed.
    """
    tell = progress or (lambda line: None)
    with hold(settings, LOCK, wait=wait), hold(settings, BACKUP, wait=wait):
        # What was typed is what is to be forgotten: the record says only that somebody looked.
        with open_contacts(settings, "erase", [], files=True) as connection:
            people = find_people(settings, connection, wanted, all_holders=all_holders)
        erasure = requests.begin(settings, people)
        tell(f"erasure {erasure.erasure_id}: {erasure.people} people, {erasure.records} records")
        faults.point("erase.requested")
        if only_request:
            report = ErasureReport(erasure)
        else:
            report = _go_on(settings, erasure, and_build, as_of, wait, tell)
        return replace(report, not_found=people.not_found, shared=sum(people.shared.values()))


@storage_errors("the erasure")
def resume_erasure(
    settings: Settings,
    erasure_id: str | None = None,
    *,
    and_build: bool = True,
    as_of: date | None = None,
    wait: float | None = None,
    progress: Tell | None = None,
) -> ErasureReport:
    """Go on with the request that is under way, from where it was broken off.

    Raises UsageError if there is none, or it is not the one of ``erasure_id``; else as ``erase``.
    """
    with hold(settings, LOCK, wait=wait), hold(settings, BACKUP, wait=wait):
        erasure = requests.under_way(settings)
        if erasure is None or erasure_id not in (None, erasure.erasure_id):
            raise UsageError(
                f"No erasure {erasure_id or ''} is under way.".replace("  ", " "),
                fix="Ask for one with `cartera erase --email`, --phone, --customer or --file.",
            )
        return _go_on(settings, erasure, and_build, as_of, wait, progress or (lambda line: None))


def erase_customer(
    settings: Settings, customer_id: str | None, *, progress: Tell | None = None
) -> ErasureReport:
    """Erase one customer; without an id, or when their erasure was broken off, go on with it.

    A task that is tried again names the same customer: what is under way is about them, or
    somebody else's is, which then is refused.
    """
    waiting = requests.under_way(settings)
    if waiting and customer_id in (None, *requests.subjects_of(settings, waiting).customers):
        return resume_erasure(settings, waiting.erasure_id, progress=progress)
    if customer_id is None:
        return resume_erasure(settings, progress=progress)
    return erase(settings, Wanted(customers=(customer_id,)), progress=progress)


def _go_on(
    settings: Settings,
    erasure: Erasure,
    and_build: bool,
    as_of: date | None,
    wait: float | None,
    tell: Tell,
) -> ErasureReport:
    subjects = requests.subjects_of(settings, erasure)
    if erasure.is_before("barred"):
        tombstones.add(settings, erasure.erasure_id, subjects.stones)
        erasure = requests.save(settings, replace(erasure, state="barred"))
        faults.point("erase.barred")
    if erasure.is_before("found"):
        found = scan(settings, subjects.values)
        erasure = requests.save(settings, replace(erasure, state="found", found=found.by_store))
        tell(f"found {sum(found.by_store.values())} values in {len(found.by_store)} stores")
    if erasure.is_before("swept"):
        erasure = _sweep(settings, erasure, subjects, tell)
        faults.point("erase.swept")
    if not and_build and erasure.is_before("built"):
        return ErasureReport(erasure)
    if erasure.is_before("built"):
        day = as_of or _day_of_current(settings)
        published = build(settings, as_of=day, wait=wait, progress=tell)
        erasure = requests.save(
            settings, replace(erasure, state="built", publication_id=published.publication_id)
        )
        faults.point("erase.built")
    if erasure.is_before("removed"):
        erasure = _remove(settings, erasure, subjects, tell)
        faults.point("erase.removed")
    return _certify(settings, erasure, subjects, tell)


def _sweep(settings: Settings, erasure: Erasure, subjects: Subjects, tell: Tell) -> Erasure:
    """Take the people out of all that a build reads, and out of what lies beside it."""
    contracts = load_contracts(settings.contracts)
    systems = {contract.system for contract in contracts}
    for system in sorted(s for s in systems if (settings.inbox / s).is_dir()):
        try:
            landed = ingest(settings, system).rows
        except RefusedByData as error:
            # What is held has landed all the same; what cannot be read the scan will name.
            landed = error.report
            tell(f"{system}: {error.message}")
        for row in landed:
            erasure = erasure.plus("erased_rows", {row["source"]: row["erased"]})
            erasure = erasure.plus("unidentified", {row["source"]: row["unidentified"]})
    with hold(settings, "build", wait=60):
        swept, removed = sweep_stores(settings, contracts, tell)
        erasure = erasure.plus("erased_rows", swept.rows)
        erasure = erasure.plus("erased_refused", swept.refused)
        erasure = erasure.plus("unidentified", swept.unidentified)
        erasure = erasure.plus("removed", removed)
        found = scan(settings, subjects.values, "inbox").held_by
        keys = [file.removeprefix("inbox/") for file in found]
        delivered = remove_delivered(settings, contracts, keys)
        erasure = erasure.plus("removed", {"inbox": len(delivered)})
        erasure = replace(
            erasure, rewritten_batches=erasure.rewritten_batches + swept.batches, state="swept"
        )
        return requests.save(settings, erasure)


def _remove(settings: Settings, erasure: Erasure, subjects: Subjects, tell: Tell) -> Erasure:
    """Remove what came of the people before the rebuild: publications, lists, logs, caches."""
    with hold(settings, "build", wait=60):
        current = publications.current_id(settings)
        if current is None or current < erasure.publication_id:
            requests.save(settings, replace(erasure, state="swept"))
            raise RefusedByData(
                f"{current or 'Nothing'} is current again, which was built before the erasure.",
                fix="`cartera erase --resume` builds once more.",
            )
        removed = {
            "publications": len(publications.forget_before(settings, erasure.publication_id))
            + len(publications.remove_leftovers(settings)),
            "copies as Parquet": len(prune_copies(settings)),
            "logs of builds": elsewhere.remove_traces(settings, current),
        }
        with connect(settings) as connection:
            removed["ledger events"] = forget_in_exports(settings, connection)
        found = set().union(
            *(scan(settings, subjects.values, part).held_by for part in ("exports", "state"))
        )
        removed["lists"] = elsewhere.remove_lists(
            settings, subjects.customers, subjects.lists, found
        )
        removed["logs"] = elsewhere.remove_found_logs(settings, found)
        removed["records"] = elsewhere.redact_records(settings, subjects.values)
        removed["rows of Airflow"] = remove_airflow_rows(settings, subjects.values)
        tell(f"removed: {', '.join(f'{n} {what}' for what, n in removed.items() if n)}")
        erasure = replace(erasure.plus("removed", removed), state="removed")
        return requests.save(settings, erasure)


def _certify(settings: Settings, erasure: Erasure, subjects: Subjects, tell: Tell) -> ErasureReport:
    """Look everywhere once more; only who is nowhere any more is certified."""
    left = scan(settings, subjects.values)
    erasure = requests.save(
        settings, replace(erasure, left=left.by_store, looked_through=left.files)
    )
    faults.point("erase.scanned")
    if left.findings or left.unread:
        requests.save(settings, replace(erasure, state="built"))
        where = sorted(left.held_by) + left.unread
        raise RefusedByData(
            f"The erasure {erasure.erasure_id} is not done: somebody is still in "
            f"{', '.join(where[:10])}, or it could not be read.",
            fix="What Cartera may not remove by itself is for you: take the file out of "
            "CARTERA_HOME or mend it, then `cartera erase --resume`.",
        )
    if failed := failed_copies(settings):
        raise RefusedByData(
            f"The erasure {erasure.erasure_id} is not done: {failed[0].rstrip('.')}. The copy of "
            "before may hold somebody still.",
            fix="Mend it with `cartera export`, then `cartera erase --resume`.",
        )
    erasure = requests.finish(settings, erasure)
    path = write_certificate(settings, erasure)
    records.access(settings, "erased", erasure_id=erasure.erasure_id, people=erasure.people)
    tell("found nothing any more")
    return ErasureReport(erasure, str(path))


def _day_of_current(settings: Settings) -> date | None:
    """The day that the current publication was built as of: its numbers stay comparable."""
    current = publications.current(settings)
    day = publications.facts(current).get("as_of") if current else None
    return day if isinstance(day, date) else None
