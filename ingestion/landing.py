"""Landing: each delivery becomes one immutable batch, or none at all.

The order is: quarantine, data, manifest. A kill before the manifest leaves a folder that
nobody reads and that the next ingest of the source removes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from cartera import batches, clock, faults, records
from cartera.batches import Manifest
from cartera.duck import connect, storage_errors
from cartera.errors import FileUnstable
from cartera.files import checksum
from cartera.lock import hold
from cartera.settings import Settings
from ingestion import drift
from ingestion.contract import Contract
from ingestion.history import History
from ingestion.holds import hold_reason
from ingestion.inbox import Delivery, deliveries, is_of
from ingestion.inflation import too_large
from ingestion.lookups import Lookups
from ingestion.parse import Parsed, Target, parse, refuse_all
from ingestion.raw import MISFITS, Raw, UnreadableDelivery, open_raw, unreadable
from ingestion.stripping import Strip, accounted

Progress = Callable[[str], None]
PROGRESS_EVERY = 50


@dataclass
class SourceReport:
    """What one ingest did for one contract; counts are in records of the delivered files."""

    system: str
    source: str
    part: str = ""
    batches: int = 0
    repeats: int = 0
    received: int = 0
    accepted: int = 0
    quarantined: int = 0
    erased: int = 0
    unidentified: int = 0
    held: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def ingest_contract(
    settings: Settings,
    contract: Contract,
    *,
    since: date | None = None,
    until: date | None = None,
    verify: bool = False,
    strip: Strip | None = None,
    progress: Progress | None = None,
) -> SourceReport:
    """Land every delivery of ``contract`` that is new, of the partitions asked for.

    A delivery equal to the latest batch of its key is a repeat and is skipped; one whose size
    and times are still those of that batch is not even read, unless ``verify``. Held batches
    and unreadable files are in the report; the others land all the same. ``strip`` takes the
    erased out of a batch before it is there.
    Raises LockBusy, StorageFull.
    """
    report = SourceReport(contract.system, contract.source, contract.part)
    with hold(settings, f"ingest-{contract.source}"):
        history = history_of(batches.tidy(settings, contract.source), contract)
        waiting, report.passed_over = deliveries(settings, contract)
        today = clock.now().date().isoformat()
        with connect(settings) as connection:
            landing = _Landing(
                settings,
                connection,
                contract,
                history,
                Lookups(settings, connection, contract),
                strip,
            )
            asked = [
                (delivery, partition)
                for delivery in waiting
                if _is_between(partition := delivery.partition(today), since, until)
            ]
            for number, (delivery, partition) in enumerate(asked):
                if progress and number % PROGRESS_EVERY == 0:
                    progress(f"{contract.name}: delivery {number + 1} of {len(asked)}")
                try:
                    manifest = landing.land(delivery, partition, verify=verify)
                except (UnreadableDelivery, FileUnstable) as error:
                    report.problems.append(str(error))
                    records.append(
                        settings,
                        "refused",
                        contract=contract.name,
                        delivery=delivery.key,
                        reason=str(error),
                    )
                    continue
                _count(report, manifest)
    return report


def history_of(found: Iterable[Manifest], contract: Contract) -> History:
    """What has landed of a contract, of the batches of its source in version order."""
    return History(m for m in found if is_of(m, contract))


def _is_between(partition: str, since: date | None, until: date | None) -> bool:
    return (since is None or partition >= since.isoformat()) and (
        until is None or partition <= until.isoformat()
    )


def _count(report: SourceReport, manifest: Manifest | None) -> None:
    if manifest is None:
        report.repeats += 1
        return
    report.batches += 1
    report.received += manifest.received
    report.accepted += manifest.accepted
    report.quarantined += manifest.quarantined
    report.erased += manifest.erased
    report.unidentified += manifest.unidentified
    if manifest.state == "held":
        report.held.append(f"{manifest.batch_id} ({manifest.delivery}): {manifest.reason}")


@dataclass(frozen=True)
class _Landing:
    """One ingest of a contract: what all of its deliveries share."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    contract: Contract
    history: History
    lookups: Lookups
    strip: Strip | None = None

    def land(self, delivery: Delivery, partition: str, *, verify: bool) -> Manifest | None:
        """Land one delivery; None if it is a repeat of the latest batch of its key."""
        latest = self.history.latest(delivery.key)
        is_wanted = latest is not None and self._is_wanted_again(latest)
        try:
            now = delivery.unchanging()
            if latest and now and latest.file == now and not (is_wanted or verify):
                return None
            digest = checksum(delivery.path)
        except OSError as error:
            raise UnreadableDelivery(
                f"{delivery.path}: cannot be read ({error.strerror}).",
                fix="Check that it is still there and that this user may read it.",
            ) from error
        is_same = latest is not None and latest.checksum == digest
        if latest and is_same and not is_wanted:
            if now and not delivery.has_changed:
                # Next time it need not be read.
                batches.commit(self.settings, replace(latest, file=now))
            return None
        manifest = self._land(delivery, self._planned(delivery, partition, digest, now, is_same))
        self.history.add(manifest)
        self.lookups.landed(self.contract.source)
        return manifest

    def _is_wanted_again(self, latest: Manifest) -> bool:
        """Whether the same bytes are to be taken once more.

        Somebody said so, or their columns did not fit a contract that has changed since.
        """
        if latest.is_awaited:
            return True
        is_lost = latest.state == "held" and not latest.is_readable
        return is_lost and latest.contract != self.contract.digest

    def _planned(
        self, delivery: Delivery, partition: str, digest: str, now: dict[str, int], is_same: bool
    ) -> Manifest:
        """The batch as it will be, still without its account.

        The same bytes once more are no other delivery: the batch stands in the place of the
        one before.
        """
        latest = self.history.latest(delivery.key)
        again = latest if latest and is_same else None
        ordinal = again.ordinal if again else latest.ordinal + 1 if latest else 1
        version = again.version + 1 if again else 1
        contract = self.contract
        return Manifest(
            batch_id=batches.batch_id(
                contract.system,
                contract.source,
                delivery.key,
                ordinal,
                digest,
                version,
                contract.part,
            ),
            system=contract.system,
            source=contract.source,
            partition=latest.partition if latest else partition,
            delivery=delivery.key,
            ordinal=ordinal,
            checksum=digest,
            delivery_kind=contract.delivery,
            state="held",
            received=0,
            accepted=0,
            quarantined=0,
            erased=0,
            landed_rows=0,
            landed_at=batches.stamp(),
            version=version,
            replaces=again.batch_id if again else "",
            contract=contract.digest,
            file=now,
            part=contract.part,
        )

    def _land(self, delivery: Delivery, planned: Manifest) -> Manifest:
        settings, source = self.settings, self.contract.source
        with (
            storage_errors(f"landing {delivery.key}"),
            _poison(delivery),
            batches.making(settings, source, planned.partition, planned.batch_id) as folder,
        ):
            manifest = self._parse_into(folder, delivery, planned)
            if delivery.has_changed:
                raise FileUnstable(
                    f"{delivery.path}: it changed while it was read.",
                    fix="Nothing was landed; the next run takes it.",
                )
            batches.commit_files(settings, manifest)
            faults.point("landing.before_manifest")
            batches.commit(settings, manifest)
            faults.point("landing.after_manifest")
        return manifest

    def _parse_into(self, folder: Path, delivery: Delivery, planned: Manifest) -> Manifest:
        contract, connection = self.contract, self.connection
        scratch = folder / "delivery.utf8"
        is_parquet = contract.forms.type == "parquet"
        if problem := too_large(delivery.path, self.settings, is_parquet=is_parquet):
            # Nobody has counted what is in it: its account is empty.
            return replace(planned, reason=problem, is_readable=False)
        raw = open_raw(connection, delivery.path, contract, scratch)
        faults.point("landing.opened")
        target = Target(delivery.path, folder / batches.DATA, planned.rejected(self.settings))
        before = self.history.before(delivery.key)
        found = drift.findings(contract, raw, before.columns if before else {})
        problem = drift.problem(contract, raw, found)
        lookups = {} if problem else self.lookups.tables()
        if problem:
            parsed = refuse_all(connection, contract, raw, target)
        else:
            unknown = drift.unknown_columns(contract, raw) if contract.new_columns == "add" else []
            parsed = parse(connection, contract, raw, target, lookups, unknown)
            problem = hold_reason(
                contract, parsed, planned.partition, self.history, planned.delivery
            )
        scratch.unlink(missing_ok=True)
        faults.point("landing.parsed")
        manifest = replace(
            with_account(planned, parsed),
            state="held" if problem else "landed",
            reason=problem,
            is_readable=target.data.exists(),
            lookups={column: table.batches for column, table in lookups.items()},
            drift=found,
            columns={} if raw.is_text else raw.columns,
            header=_header(contract, raw) if parsed.quarantined else [],
        )
        if not self.strip:
            return manifest
        refused = planned.refused_folder(self.settings)
        return accounted(manifest, self.strip(connection, contract, target.data, refused))


def with_account(manifest: Manifest, parsed: Parsed) -> Manifest:
    """``manifest`` with what its records came to."""
    return replace(
        manifest,
        received=parsed.received,
        accepted=parsed.accepted,
        quarantined=parsed.quarantined,
        landed_rows=parsed.rows,
        rejects=parsed.rejects,
        skipped=parsed.skipped,
    )


def _header(contract: Contract, raw: Raw) -> list[str]:
    if drift.is_headless(contract, raw):
        return [f"column{n}" for n in range(1, len(raw.columns) + 1)]
    return list(raw.columns) if raw.is_text and not raw.is_json else []


@contextmanager
def _poison(delivery: Delivery) -> Iterator[None]:
    """A file that no parser gets through is refused by itself: the next ones still land."""
    try:
        yield
    except (csv.Error, *MISFITS) as error:
        raise unreadable(delivery.path, error) from error
    except FileNotFoundError as error:
        if error.filename != str(delivery.path):
            raise
        raise unreadable(delivery.path, error) from error
