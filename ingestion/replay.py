"""Replay: refused records are parsed again, by the contract of today or as somebody corrected them.

What passes lands in a new version of its batch, with the rows of the version before and in the
place that it would have had among them. The new manifest names the batch that it replaces: that
one rename is the commit, so that every record is counted once at every moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from cartera import batches, faults, process, records
from cartera.batches import Manifest
from cartera.duck import connect, one_file, storage_errors
from cartera.errors import UsageError
from cartera.lock import hold
from cartera.settings import Settings
from ingestion import drift
from ingestion.again import (
    Outcome,
    again_as_raw,
    check_format,
    check_groups_stay,
    keep_what_stays,
    merge,
    parse_again,
    put_together,
)
from ingestion.contract import Contract
from ingestion.history import History
from ingestion.holds import hold_reason
from ingestion.landing import history_of, with_account
from ingestion.lookups import Lookups
from ingestion.parse import Parsed
from ingestion.raw import MISFIT, MISFITS
from ingestion.stripping import Strip, accounted

Progress = Callable[[str], None]


@dataclass
class Replayed:
    """What became of the refused records of one batch; counts are in records.

    ``batch_id`` is the batch as it is now. ``reason`` says why nothing could be parsed, or why
    the batch is held. ``failed`` are the corrected records that still do not fit: line and rule.
    """

    batch_id: str
    replaces: str
    delivery: str
    state: str
    landed: int = 0
    skipped: int = 0
    left: int = 0
    corrected: int = 0
    reason: str = ""
    failed: list[dict[str, Any]] = field(default_factory=list)


def replay(
    settings: Settings,
    contract: Contract,
    wanted: list[Manifest],
    corrections: Callable[[duckdb.DuckDBPyConnection, Manifest], str] | None = None,
    progress: Progress | None = None,
    *,
    is_alone: bool = True,
    strip: Strip | None = None,
) -> list[Replayed]:
    """Parse the refused records of these batches of one contract once more.

    ``corrections`` makes a relation of (line, record, columns): the records to be taken instead
    of those that came. Nothing changes where nothing passes. Raises LockBusy, StorageFull, and
    UsageError for a batch that cannot be replayed; unless it ``is_alone``, that is its reason
    and the others go on.
    """
    done = []
    with hold(settings, f"ingest-{contract.source}"):
        every = batches.tidy(settings, contract.source, replaced=True)
        latest = batches.Latest(every)
        history = history_of((m for m in every if latest.of(m.batch_id) is m), contract)
        with connect(settings) as connection:
            lookups = Lookups(settings, connection, contract)
            for number, manifest in enumerate(wanted):
                if progress:
                    progress(f"{contract.name}: batch {number + 1} of {len(wanted)}")
                # Somebody else may have been there before the lock was ours.
                current = latest.of(manifest.batch_id)
                if current is None:
                    raise UsageError(f"Batch {manifest.batch_id} is gone.")
                one = _Replay(
                    settings, connection, contract, history, latest, lookups, current, strip
                )
                try:
                    with storage_errors(f"the replay of {current.batch_id}"):
                        done.append(one.run(corrections))
                except UsageError as error:
                    if is_alone:
                        raise
                    done.append(one.unchanged(str(error)))
                except MISFITS:
                    done.append(one.unchanged(MISFIT))
                lookups.landed(contract.source)
    return done


@dataclass(frozen=True)
class _Replay:
    """The replay of one batch."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    contract: Contract
    history: History
    latest: batches.Latest
    lookups: Lookups
    batch: Manifest
    strip: Strip | None = None

    def run(
        self, corrections: Callable[[duckdb.DuckDBPyConnection, Manifest], str] | None
    ) -> Replayed:
        batch = self.batch
        if batch.state == "discarded":
            raise UsageError(
                f"Batch {batch.batch_id} was discarded: {batch.reason}",
                fix="Only what is held or landed is replayed; ingest the file again.",
            )
        nothing = self.unchanged()
        if not batch.quarantined:
            return nothing
        check_format(self.connection, batch, batch.rejected(self.settings))
        if any(mapping.number_in for mapping in self.contract.columns.values()):
            raise UsageError(
                f"Batch {batch.batch_id} numbers its records by their place among the others, "
                "which a replay of some of them does not see.",
                fix='Have the whole file read again: `cartera batch discard --again --reason "…"`.',
            )
        version = batch.version + 1
        name = batches.id_of_next(batch, self.contract.part)
        relation = corrections(self.connection, batch) if corrections else ""
        with batches.making(self.settings, batch.source, batch.partition, name) as folder:
            changed = self._into(
                folder,
                replace(batch, batch_id=name, version=version, part=self.contract.part),
                relation,
                nothing,
            )
            if not changed:
                return nothing
            batches.commit_files(self.settings, changed)
            # Before the commit: there is no change without its record. What a kill leaves out is
            # done again, with a record of the same name.
            self._on_the_record(changed, relation)
            faults.point("replay.before_manifest")
            batches.commit(self.settings, changed)
            faults.point("replay.after_manifest")
        self.history.add(changed)
        self.latest.add(changed)
        return replace(
            nothing,
            batch_id=changed.batch_id,
            replaces=batch.batch_id,
            state=changed.state,
            landed=changed.accepted - batch.accepted,
            skipped=batch.received - changed.received,
            left=changed.quarantined,
            corrected=changed.replayed["corrected"],
            reason=changed.reason if changed.state == "held" else "",
            failed=nothing.failed,
        )

    def unchanged(self, reason: str = "") -> Replayed:
        """What is told of a batch that stays as it is."""
        batch = self.batch
        return Replayed(
            batch.batch_id,
            batch.replaces,
            batch.delivery,
            batch.state,
            left=batch.quarantined,
            reason=reason,
        )

    def _into(
        self, folder: Path, planned: Manifest, corrections: str, told: Replayed
    ) -> Manifest | None:
        """Write the new version's files; None if it would be no other than the one before."""
        batch, contract, connection = self.batch, self.contract, self.connection
        put_together(connection, batch.rejected(self.settings), corrections)
        check_groups_stay(connection, contract)
        raw = again_as_raw(connection, contract, batch)
        before = {} if batch.is_readable else self._columns_before()
        found = drift.findings(contract, raw, before)
        told.reason = drift.problem(contract, raw, found)
        if told.reason:
            return None
        lookups = self.lookups.tables()
        unknown = drift.unknown_columns(contract, raw) if contract.new_columns == "add" else []
        groups = self._landed_groups()
        refused = planned.refused_folder(self.settings)
        outcome = parse_again(connection, contract, raw, folder, refused, lookups, unknown, groups)
        told.failed = outcome.failed
        faults.point("replay.parsed")
        if not outcome.landed and not outcome.skipped and batch.is_readable:
            return None
        landed = batch.data(self.settings) if batch.is_readable else None
        rows = merge(connection, landed, folder, folder / batches.DATA)
        rejects = keep_what_stays(connection, refused, planned.rejected(self.settings))
        outcome.remove_scratch(folder)
        faults.point("replay.merged")
        changed = self._accounted(planned, outcome, rows, rejects, found, lookups_used(lookups))
        if not self.strip:
            return changed
        data = folder / batches.DATA
        return accounted(changed, self.strip(connection, contract, data, refused))

    def _columns_before(self) -> dict[str, str]:
        before = self.history.before(self.batch.delivery)
        return before.columns if before else {}

    def _landed_groups(self) -> Path | None:
        """The groups of the batch that have landed, of a contract that groups.

        Raises UsageError if the contract groups otherwise than when they did.
        """
        batch, contract = self.batch, self.contract
        path = batch.refused_folder(self.settings) / batches.GROUPS
        names: tuple[str, ...] = ()
        if path.exists():
            described = self.connection.execute(
                f"describe from read_parquet({one_file(path)}, hive_partitioning = false)"
            )
            names = tuple(row[0] for row in described.fetchall())
        if batch.landed_rows and names != contract.group_by:
            raise UsageError(
                f"Batch {batch.batch_id} landed with group_by {list(names)}, and its contract "
                f"now says {list(contract.group_by)}.",
                fix='Have all of it parsed again: `cartera batch discard --again --reason "…"`.',
            )
        return path if names == contract.group_by and names else None

    def _accounted(
        self,
        planned: Manifest,
        outcome: Outcome,
        rows: int,
        rejects: dict[str, int],
        found: list[dict[str, str]],
        lookups: dict[str, list[str]],
    ) -> Manifest:
        batch = self.batch
        left = sum(outcome.skipped.values())
        skipped = dict(batch.skipped)
        for rule, count in outcome.skipped.items():
            skipped[rule] = skipped.get(rule, 0) + count
        parsed = Parsed(
            received=batch.received - left,
            accepted=batch.accepted + outcome.landed,
            quarantined=batch.quarantined - outcome.landed - left,
            rows=rows,
            rejects=rejects,
            skipped=skipped,
        )
        problem = ""
        if batch.state == "held":
            problem = hold_reason(
                self.contract, parsed, batch.partition, self.history, batch.delivery
            )
        is_released = batch.state == "held" and not problem
        return replace(
            with_account(planned, parsed),
            state="landed" if is_released else batch.state,
            reason="" if is_released else problem or batch.reason,
            is_readable=True,
            is_awaited=False,
            landed_at=batches.stamp(),
            replaces=batch.batch_id,
            contract=self.contract.digest,
            drift=batch.drift if batch.is_readable else found,
            lookups=_both(batch.lookups, lookups),
            replayed={
                "by": process.user_name(),
                "at": batches.stamp(),
                "corrected": outcome.corrected,
            },
        )

    def _on_the_record(self, changed: Manifest, corrections: str) -> None:
        """Who did what to which records: their lines and columns, never a value."""
        changes = []
        if corrections:
            found = self.connection.execute(
                "select columns, list(line order by line) from again_given "
                "join again_outcome using (id, line) "
                "where again_given.is_corrected and rule is null group by columns order by columns"
            ).fetchall()
            changes = [{"columns": names, "lines": lines} for names, lines in found]
        records.append(
            self.settings,
            "replays",
            by=changed.replayed["by"],
            batch_id=changed.batch_id,
            replaces=changed.replaces,
            delivery=changed.delivery,
            landed=changed.accepted - self.batch.accepted,
            corrected=changes,
        )


def lookups_used(lookups: dict[str, Any]) -> dict[str, list[str]]:
    """The batches that each column's lookup read."""
    return {column: table.batches for column, table in lookups.items()}


def _both(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        name: list(dict.fromkeys([*one.get(name, []), *other.get(name, [])]))
        for name in {**one, **other}
    }
