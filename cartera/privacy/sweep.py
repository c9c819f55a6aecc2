"""The sweep: landing and quarantine as they would be had the erased never been delivered.

It goes by tombstones alone, so it may be broken off and begun again, and it cleans a restored
backup as well. A batch that holds somebody is written anew as its next version, with one rename
as the commit; then the versions before it are deleted, the oldest first, so that none of them
stands for the batch again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cartera import batches, tombstones
from cartera.batches import Manifest
from cartera.duck import connect, literal
from cartera.identity.forgetting import forget_in_exports
from cartera.lock import hold
from cartera.privacy import requests
from cartera.privacy.anew import delete, versions_before, write_anew
from cartera.privacy.batch import strip_kept
from cartera.privacy.elsewhere import clean_stewards, remove_kept_pairs
from cartera.privacy.refused import find_in_refused, kept_files
from cartera.privacy.strip import Rows, find_in_landed, list_removed, mark, strip_landed
from cartera.settings import Settings
from ingestion.contract import Contract, load_contracts
from ingestion.inbox import is_of
from ingestion.source import Source, load_source
from ingestion.stripping import Stripped


@dataclass
class Swept:
    """What a sweep took out, by source; counts are in rows and records."""

    rows: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    unidentified: dict[str, int] = field(default_factory=dict)
    batches: int = 0

    def count(self, source: str, rows: int, refused: int, unidentified: int) -> None:
        self.batches += 1
        for total, number in (
            (self.rows, rows),
            (self.refused, refused),
            (self.unidentified, unidentified),
        ):
            if number:
                total[source] = total.get(source, 0) + number


def sweep_stores(
    settings: Settings,
    contracts: list[Contract],
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[Swept, dict[str, int]]:
    """All that a build reads, without the erased; the caller holds the build's lock.

    Also returns what was removed beside landing. Whoever restores a backup calls this before
    anything is read from it.
    """
    swept = sweep(settings, contracts, tell)
    removed = {"stewards' decisions": clean_stewards(settings)}
    with connect(settings) as connection:
        removed["ledger events"] = forget_in_exports(settings, connection)
    removed["kept pairs"] = remove_kept_pairs(settings)
    return swept, removed


def finish_sweep(settings: Settings, tell: Callable[[str], None] = lambda line: None) -> None:
    """Before a build reads anything: finish the sweep of an erasure that was broken off."""
    waiting = requests.under_way(settings)
    if waiting and not waiting.is_before("barred") and waiting.is_before("swept"):
        tell(f"the sweep of erasure {waiting.erasure_id} is finished first")
        sweep_stores(settings, load_contracts(settings.contracts), tell)


def sweep(
    settings: Settings,
    contracts: list[Contract],
    tell: Callable[[str], None] = lambda line: None,
) -> Swept:
    """Take the erased out of every batch. The caller holds the build's lock.

    Raises LockBusy while something of a source is being landed.
    """
    swept = Swept()
    if not tombstones.are_there(settings):
        return swept
    for name in sorted({m.source for m in batches.scan(settings, replaced=True)}):
        with hold(settings, f"ingest-{name}", wait=60), connect(settings) as connection:
            done = swept.batches
            _Sweep(settings, connection, contracts, load_source(name), swept).run()
            if swept.batches > done:
                tell(f"{name}: {swept.batches - done} batches written anew")
    return swept


@dataclass(frozen=True)
class _Sweep:
    settings: Settings
    connection: duckdb.DuckDBPyConnection
    contracts: list[Contract]
    source: Source
    swept: Swept

    def run(self) -> None:
        every = batches.tidy(self.settings, self.source.source, replaced=True)
        by_id = {m.batch_id: m for m in every}
        replaced = {m.replaces for m in every}
        refused = self._in_quarantine(every)
        landed = self._in_landing(every)
        held = refused | landed.keys()
        for latest in (m for m in every if m.batch_id not in replaced):
            before = versions_before(latest, by_id)
            if latest.batch_id in held:
                rows = landed.get(latest.batch_id, Rows())
                self._write_anew(latest, rows, latest.batch_id in refused)
                before.append(latest)
            elif not held & {m.batch_id for m in before}:
                continue
            for old in before:
                delete(self.settings, old)

    def _in_landing(self, every: list[Manifest]) -> dict[str, Rows]:
        """The batches with a row that has something of an erased person; marks these rows."""
        files = {m.data(self.settings): m for m in every if m.data(self.settings).exists()}
        if not files or not find_in_landed(
            self.settings, self.connection, self.source, list(files)
        ):
            return {}
        marked = mark(self.connection, self.source, list(files))
        return {files[path].batch_id: rows for path, rows in marked.items()}

    def _in_quarantine(self, every: list[Manifest]) -> set[str]:
        """The batches with a refused record of an erased person.

        Leaves the temp table ``gone_refused`` (filename, n): all these records.
        """
        self.connection.execute(
            "create or replace temp table gone_refused (filename varchar, n bigint)"
        )
        by_contract: dict[str, tuple[Contract | None, list[Manifest]]] = {}
        for m in every:
            if kept_files(m.refused_folder(self.settings)):
                contract = self._contract_of(m)
                name = f"{m.system} {contract.name if contract else ''}"
                by_contract.setdefault(name, (contract, []))[1].append(m)
        held = set()
        for contract, found in by_contract.values():
            files = {f: m for m in found for f in kept_files(m.refused_folder(self.settings))}
            if find_in_refused(
                self.settings, self.connection, contract, found[0].system, list(files)
            ):
                self.connection.execute("insert into gone_refused from gone_records")
                rows = self.connection.execute("select distinct filename from gone_records")
                held |= {files[Path(name)].batch_id for (name,) in rows.fetchall()}
        return held

    def _contract_of(self, batch: Manifest) -> Contract | None:
        return next((c for c in self.contracts if is_of(batch, c)), None)

    def _write_anew(self, batch: Manifest, rows: Rows, has_refused: bool) -> None:
        stripped = write_anew(
            self.settings,
            batch,
            lambda data, refused: self._stripped(batch, data, refused, rows, has_refused),
        )
        self.swept.count(batch.source, stripped.rows, stripped.refused, stripped.unidentified)

    def _stripped(
        self, batch: Manifest, data: Path, refused: Path, rows: Rows, has_refused: bool
    ) -> Stripped:
        """As ``strip_files`` does it, by what was found in all batches of the source at once."""
        if rows.anything:
            strip_landed(self.connection, self.source, data, batch.data(self.settings))
        was = batch.refused_folder(self.settings)
        renamed = {was / path.name: path for path in kept_files(refused)}
        if not renamed or not (has_refused or rows.removed):
            return Stripped(rows.removed, 0, rows.unidentified)
        here = " union all ".join(
            f"select {literal(path)} as filename, n from gone_refused "
            f"where filename = {literal(old)}"
            for old, path in renamed.items()
        )
        self.connection.execute(f"create or replace temp table gone_records as {here}")
        kept = list(renamed.values())
        if rows.removed:
            list_removed(self.connection, batch.data(self.settings))
        gone, rejects = strip_kept(self.connection, kept, places_move=bool(rows.removed))
        return Stripped(rows.removed, gone, rows.unidentified, rejects)
