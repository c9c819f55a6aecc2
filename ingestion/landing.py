"""Landing: each delivery becomes one immutable batch, or none at all.

The order is: quarantine, data, manifest. A kill before the manifest leaves a folder that
nobody reads and that the next ingest of the source removes.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb

from cartera import batches, clock, faults, records
from cartera.batches import Manifest
from cartera.duck import connect, identifier, literal, storage_errors
from cartera.errors import FileUnstable
from cartera.files import checksum, sync_file
from cartera.lock import hold
from cartera.settings import Settings
from ingestion import drift
from ingestion.contract import Contract, load_source
from ingestion.inbox import Delivery, deliveries
from ingestion.parse import Parsed, Target, parse, refuse_all
from ingestion.raw import UnreadableDelivery, open_raw, unreadable
from ingestion.refused import OPEN_QUOTE
from ingestion.rows import LookupTable
from ingestion.volume import volume_problem

Progress = Callable[[str], None]
PROGRESS_EVERY = 50


@dataclass
class SourceReport:
    """What one ingest did for one contract; counts are in records of the delivered files."""

    system: str
    source: str
    batches: int = 0
    repeats: int = 0
    received: int = 0
    accepted: int = 0
    quarantined: int = 0
    held: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def ingest_contract(
    settings: Settings,
    contract: Contract,
    *,
    since: date | None = None,
    until: date | None = None,
    progress: Progress | None = None,
) -> SourceReport:
    """Land every delivery of ``contract`` that is new, of the partitions asked for.

    A delivery equal to the latest batch of its key is a repeat and is skipped. Held batches
    and unreadable files are in the report; the others land all the same.
    Raises LockBusy, StorageFull.
    """
    report = SourceReport(contract.system, contract.source)
    with hold(settings, f"ingest-{contract.source}"):
        batches.remove_unfinished(settings, contract.source)
        history = [
            m for m in batches.scan(settings, contract.source) if m.system == contract.system
        ]
        waiting, report.passed_over = deliveries(settings, contract)
        today = clock.now().date().isoformat()
        with connect(settings) as connection:
            asked = [
                (delivery, partition)
                for delivery in waiting
                if _is_between(partition := delivery.partition(today), since, until)
            ]
            for number, (delivery, partition) in enumerate(asked):
                if progress and number % PROGRESS_EVERY == 0:
                    progress(f"{contract.name}: delivery {number + 1} of {len(asked)}")
                try:
                    manifest = _land(settings, connection, contract, delivery, history, partition)
                except (UnreadableDelivery, FileUnstable) as error:
                    report.problems.append(str(error))
                    records.append(settings, "refused", delivery=delivery.key, reason=str(error))
                    continue
                if manifest:
                    history.append(manifest)
                _count(report, manifest)
    return report


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
    if manifest.state == "held":
        report.held.append(f"{manifest.batch_id} ({manifest.delivery}): {manifest.reason}")


def _land(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    history: list[Manifest],
    partition: str,
) -> Manifest | None:
    """Land one delivery; None if it is a repeat of the latest batch of its key."""
    latest = next((m for m in reversed(history) if m.delivery == delivery.key), None)
    try:
        digest = checksum(delivery.path)
    except OSError as error:
        raise UnreadableDelivery(
            f"{delivery.path}: cannot be read ({error.strerror}).",
            fix="Check that it is still there and that this user may read it.",
        ) from error
    if latest and latest.checksum == digest and not latest.is_awaited:
        return None
    others = [m for m in history if m.delivery != delivery.key]
    ordinal = latest.ordinal + 1 if latest else 1
    name = batches.batch_id(contract.system, contract.source, delivery.key, ordinal, digest)
    partition = latest.partition if latest else partition
    folder = batches.batch_folder(settings.landing, contract.source, partition, name)
    refused = batches.batch_folder(settings.quarantine, contract.source, partition, name)
    try:
        with storage_errors(f"landing {delivery.key}"), _poison(delivery):
            folder.mkdir(parents=True)
            manifest = _parse_into(
                settings, connection, contract, delivery, name, partition, ordinal, digest, others
            )
            if delivery.has_changed:
                raise FileUnstable(
                    f"{delivery.path}: it changed while it was read.",
                    fix="Nothing was landed; the next run takes it.",
                )
            for path in [manifest.data(settings), manifest.rejected(settings)]:
                if path.exists():
                    sync_file(path)
            faults.point("landing.before_manifest")
            batches.commit(settings, manifest)
            faults.point("landing.after_manifest")
    except BaseException:
        if not (folder / batches.MANIFEST).exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(refused, ignore_errors=True)
        raise
    return manifest


@contextmanager
def _poison(delivery: Delivery) -> Iterator[None]:
    """A file that no parser gets through is refused by itself: the next ones still land.

    What DuckDB says of a value that does not fit would show the value.
    """
    try:
        yield
    except csv.Error as error:
        raise unreadable(delivery.path, error) from error
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        reason = ValueError("a value does not fit its column, alone or in the sum of its group")
        raise unreadable(delivery.path, reason) from error
    except FileNotFoundError as error:
        if error.filename != str(delivery.path):
            raise
        raise unreadable(delivery.path, error) from error


def _parse_into(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    name: str,
    partition: str,
    ordinal: int,
    digest: str,
    history: list[Manifest],
) -> Manifest:
    folder = batches.batch_folder(settings.landing, contract.source, partition, name)
    scratch = folder / "delivery.utf8"
    raw = open_raw(connection, delivery.path, contract, scratch)
    faults.point("landing.opened")
    common: dict[str, Any] = {
        "batch_id": name,
        "system": contract.system,
        "source": contract.source,
        "partition": partition,
        "delivery": delivery.key,
        "ordinal": ordinal,
        "checksum": digest,
        "delivery_kind": contract.delivery,
        "landed_at": batches.stamp(),
    }
    refused = batches.batch_folder(settings.quarantine, contract.source, partition, name)
    target = Target(delivery.path, folder / batches.DATA, refused / batches.REJECTED)
    found = drift.findings(contract, raw, history[-1].columns if history else {})
    problem = drift.problem(contract, raw, found)
    lookups = {} if problem else _lookups(settings, contract)
    if problem:
        parsed = refuse_all(connection, contract, raw, target)
    else:
        unknown = drift.unknown_columns(contract, raw) if contract.new_columns == "add" else []
        parsed = parse(connection, contract, raw, target, lookups, unknown)
        problem = (
            _too_many_refused(contract, parsed)
            or _too_many_footers(contract, parsed)
            or _implausible(contract, parsed, partition)
            or volume_problem(contract, partition, parsed.received, history)
        )
    scratch.unlink(missing_ok=True)
    faults.point("landing.parsed")
    return Manifest(
        **common,
        state="held" if problem else "landed",
        reason=problem,
        is_readable=target.data.exists(),
        received=parsed.received,
        accepted=parsed.accepted,
        quarantined=parsed.quarantined,
        erased=0,
        landed_rows=parsed.rows,
        rejects=parsed.rejects,
        lookups={column: table.batches for column, table in lookups.items()},
        skipped=parsed.skipped,
        drift=found,
        columns={} if raw.is_text else raw.columns,
    )


def _too_many_refused(contract: Contract, parsed: Parsed) -> str:
    ragged = sum(count for rule, count in parsed.rejects.items() if rule.startswith("ragged"))
    if contract.group_by and ragged:
        return (
            f"{ragged} records could not be split into fields, so the groups that they "
            "belong to are not known and would sum to a wrong total"
        )
    if OPEN_QUOTE in parsed.rejects:
        return "a quote is opened and never closed: all lines below it are one record"
    if parsed.quarantined <= contract.reject_limit * parsed.received:
        return ""
    most = max(parsed.rejects, key=lambda rule: parsed.rejects[rule])
    return (
        f"{parsed.quarantined} of {parsed.received} records were refused, "
        f"over the limit of {contract.reject_limit:.1%}; most often {most}"
    )


def _implausible(contract: Contract, parsed: Parsed, partition: str) -> str:
    """Why a well-formed delivery should not go on without somebody's word."""
    if contract.delivery == "snapshot" and not parsed.received:
        return "an empty snapshot would take every record of the system away"
    if partition > (clock.now().date() + timedelta(days=1)).isoformat():
        return f"its day, {partition}, is yet to come: it would outrank every later delivery"
    return ""


def _too_many_footers(contract: Contract, parsed: Parsed) -> str:
    footer = contract.forms.footer
    found = parsed.skipped.get("footer", 0)
    if not footer or footer.rows or found <= footer.at_most:
        return ""
    return f"{found} lines look like a footer, and no more than {footer.at_most} are expected"


def _lookups(settings: Settings, contract: Contract) -> dict[str, LookupTable]:
    """For each column with a lookup, the latest value of each key among what has landed."""
    tables = {}
    for name, mapping in contract.columns.items():
        if not mapping.lookup:
            continue
        wanted = mapping.lookup
        found = [
            m
            for m in batches.readable(batches.scan(settings, wanted.source))
            if m.system == contract.system and m.data(settings).exists()
        ]
        columns = load_source(wanted.source).columns
        key, value = identifier(wanted.key), identifier(wanted.value)
        rows = " union all ".join(
            f"select cast({key} as VARCHAR) as k, {value} as v, "
            f"({rank}, file_row_number) as version "
            f"from read_parquet({literal(m.data(settings))}, file_row_number = true)"
            for rank, m in enumerate(found)
        )
        empty = (
            f"select cast(null as VARCHAR) as k, "
            f"cast(null as {columns[wanted.value].sql_type}) as v, null as version where false"
        )
        tables[name] = LookupTable(
            f"(select k, arg_max(v, version) as v from ({rows or empty}) group by k)",
            [m.batch_id for m in found],
        )
    return tables
