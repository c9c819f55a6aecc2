"""Retention: what is older than its contract keeps it leaves landing, quarantine and inbox.

A row is as old as the source's event time says, or its delivery where there is none; a refused
record, and a snapshot that another one has replaced, as old as its delivery. The latest snapshot
stays as it is. What goes is counted as erased, and is in no build any more.

That somebody said no outlives all of it: withdrawals, unsubscribed, complained and opted out,
addresses that do not work, the deceased.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera import batches
from cartera.batches import Manifest
from cartera.clock import midnight_utc
from cartera.duck import connect, first_value, identifier, literal
from cartera.lock import hold
from cartera.privacy.anew import delete, versions_before, write_anew
from cartera.privacy.batch import strip_kept
from cartera.privacy.refused import kept_files
from cartera.privacy.strip import read, typed
from cartera.settings import Settings
from ingestion.contract import Contract
from ingestion.inbox import is_of
from ingestion.lateness import HOURS, months_on
from ingestion.refused import PARQUET
from ingestion.source import Source
from ingestion.stripping import Stripped

# By source, the rows by which somebody is not written to, called or taken for alive.
REFUSALS = {
    "campaign_messages": ("event_type", ("unsubscribe", "complaint", "hard_bounce")),
    "contact_outcomes": ("outcome", ("opt_out", "wrong_address")),
    "newsletter_subscribers": ("status", ("unsubscribed", "bounced")),
}


@dataclass
class Kept:
    """What a contract's retention took out, or would: counted in rows, records and batches."""

    contract: str
    retention: str
    before: str
    rows: int = 0
    refused: int = 0
    batches: list[str] = field(default_factory=list)


def cutoff(as_of: date, retention: str) -> date:
    """The first day that is kept."""
    number, unit = int(retention[:-1]), retention[-1]
    if unit in HOURS:
        return as_of - timedelta(days=math.ceil(number * HOURS[unit] / 24))
    return months_on(as_of, -number * (12 if unit == "y" else 1))


def apply_retention(
    settings: Settings,
    contracts: Sequence[Contract],
    as_of: date,
    *,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Kept]:
    """Take out what each contract keeps no longer; ``dry_run`` only counts.

    The caller holds the build's lock. Raises LockBusy while a source is being landed.
    """
    done = []
    for contract in (c for c in contracts if c.retention):
        first = cutoff(as_of, contract.retention or "")
        kept = Kept(contract.name, contract.retention or "", first.isoformat())
        with hold(settings, f"ingest-{contract.source}", wait=60), connect(settings) as connection:
            _Retention(settings, connection, contract, first, kept, dry_run).run()
        if kept.batches:
            said = "would go" if dry_run else "went"
            tell(f"{contract.name}: {kept.rows + kept.refused} from before {first} {said}")
        done.append(kept)
    return done


@dataclass(frozen=True)
class _Retention:
    settings: Settings
    connection: duckdb.DuckDBPyConnection
    contract: Contract
    first: date
    kept: Kept
    dry_run: bool

    @property
    def source(self) -> Source:
        return self.contract.model

    def run(self) -> None:
        settings, name = self.settings, self.contract.source
        every = (
            batches.scan(settings, name, replaced=True)
            if self.dry_run
            else batches.tidy(settings, name, replaced=True)
        )
        current = {m.batch_id for m in batches.readable(batches.scan(settings, name))}
        ours = [m for m in every if is_of(m, self.contract)]
        by_id = {m.batch_id: m for m in ours}
        replaced = {m.replaces for m in ours}
        latest = [m for m in ours if m.batch_id not in replaced and not self._is_kept(m, current)]
        old = self._old_rows([*latest, *(e for m in latest for e in versions_before(m, by_id))])
        for batch in latest:
            before = versions_before(batch, by_id)
            if old.get(batch.batch_id) or self._old_refused(batch):
                self._take_out(batch, old.get(batch.batch_id, 0))
                before.append(batch)
            elif not any(old.get(m.batch_id) or self._old_refused(m) for m in before):
                continue
            for earlier in [] if self.dry_run else before:
                delete(settings, earlier)

    def _is_kept(self, batch: Manifest, current: set[str]) -> bool:
        return batch.delivery_kind == "snapshot" and batch.batch_id in current

    def _is_whole(self, batch: Manifest) -> bool:
        """Whether all of a batch is as old as its delivery."""
        return batch.delivery_kind == "snapshot" or self.source.event_time is None

    def _old_rows(self, found: Sequence[Manifest]) -> dict[str, int]:
        """How many rows of each batch go."""
        files = {m.data(self.settings): m for m in found if m.data(self.settings).exists()}
        if not files:
            return {}
        rows = self.connection.execute(
            f"select filename, count(*) from {typed(self.connection, self.source, list(files))} "
            f"where {self._is_old(files)} group by filename"
        ).fetchall()
        return {files[Path(name)].batch_id: count for name, count in rows}

    def _is_old(self, files: dict[Path, Manifest]) -> str:
        """Whether a row of these files goes, as SQL; makes the table that it reads."""
        self.connection.register(
            "deliveries_arrow",
            pa.table(
                {
                    "file": [str(path) for path in files],
                    "day": [date.fromisoformat(m.partition) for m in files.values()],
                    "whole": [self._is_whole(m) for m in files.values()],
                }
            ),
        )
        self.connection.execute("create or replace temp table deliveries as from deliveries_arrow")
        self.connection.unregister("deliveries_arrow")
        landed = f"filename in (select file from deliveries where day < date '{self.first}')"
        time = self.source.event_time
        if time is None:
            return f"({landed})"
        start = f"date '{self.first}'"
        if self.source.columns[time].type == "timestamp":
            moment = midnight_utc(self.first, self.settings.business_timezone)
            start = f"timestamp '{moment:%Y-%m-%d %H:%M:%S}'"
        whole = "filename in (select file from deliveries where whole)"
        by_event = f"coalesce({identifier(time)} < {start}, {landed})"
        return f"(if({whole}, {landed}, {by_event}) and not {self._is_refusal()})"

    def _is_refusal(self) -> str:
        tests = []
        if self.source.source in REFUSALS:
            column, words = REFUSALS[self.source.source]
            listed = ", ".join(literal(word) for word in words)
            tests.append(f"coalesce({identifier(column)} in ({listed}), false)")
        if "is_deceased" in self.source.columns:
            tests.append("coalesce(cast(is_deceased as boolean), false)")
        return f"({' or '.join(tests)})" if tests else "false"

    def _old_refused(self, batch: Manifest) -> bool:
        is_old = date.fromisoformat(batch.partition) < self.first
        return is_old and bool(kept_files(batch.refused_folder(self.settings)))

    def _take_out(self, batch: Manifest, rows: int) -> None:
        self.kept.batches.append(batch.batch_id)
        if self.dry_run:
            self.kept.rows += rows
            self.kept.refused += batch.quarantined if self._old_refused(batch) else 0
            return
        stripped = write_anew(
            self.settings, batch, lambda data, refused: self._stripped(batch, data, refused)
        )
        self.kept.rows += stripped.rows
        self.kept.refused += stripped.refused

    def _stripped(self, batch: Manifest, data: Path, refused: Path) -> Stripped:
        removed = self._strip_rows(batch, data) if data.exists() else 0
        kept = kept_files(refused)
        if not kept:
            return Stripped(removed)
        all_go = f"file_row_number >= {0 if self._old_refused(batch) else 'null'}"
        parts = [f"select filename, file_row_number as n from {read([p])} where {all_go}"
                 for p in kept]  # fmt: skip
        self.connection.execute(
            f"create or replace temp table gone_records as {' union all '.join(parts)}"
        )
        gone, rejects = strip_kept(self.connection, kept, places_move=bool(removed))
        return Stripped(removed, gone, rejects=rejects)

    def _strip_rows(self, batch: Manifest, data: Path) -> int:
        """Write ``data`` without what is old; leaves the temp table ``removed``, its places."""
        connection = self.connection
        is_old = self._is_old({data: batch})
        connection.execute(
            "create or replace temp table removed as select file_row_number as n from "
            f"{typed(connection, self.source, [data])} where {is_old}"
        )
        aside = data.with_suffix(".stripped")
        connection.execute(
            f"copy (select * exclude (filename, file_row_number) from {read([data])} where "
            f"file_row_number not in (select n from removed) order by file_row_number) "
            f"to {literal(aside)} {PARQUET}"
        )
        aside.replace(data)
        return int(str(first_value(connection, "select count(*) from removed")))
