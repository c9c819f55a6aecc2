"""From inbox to landing, one system at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from cartera import records
from cartera.duck import storage_errors
from cartera.errors import RefusedByData
from cartera.settings import Settings


@dataclass
class IngestReport:
    """What an ingest did: one row per contract of the system, counts in records."""

    system: str
    rows: list[dict[str, Any]] = field(default_factory=list)


@storage_errors("landing")
def ingest(
    settings: Settings,
    system: str,
    *,
    since: date | None = None,
    until: date | None = None,
    verify: bool = False,
    progress: Callable[[str], None] | None = None,
) -> IngestReport:
    """Land what is new of ``system``, of the partitions from ``since`` to ``until``.

    ``verify`` reads every file, also one whose size and times say that it has landed.

    Everything that can land does; then RefusedByData is raised if a batch was held or a
    file could not be read, with each of them named. Raises ContractError, and lands nothing, if
    a file would land twice for a source. Who was erased does not land, and a delivered file that
    holds them does not stay.
    """
    from cartera.privacy.batch import stripping
    from cartera.privacy.inbox import remove_delivered
    from ingestion.contract import load_contracts
    from ingestion.inbox import check_overlaps
    from ingestion.landing import ingest_contract

    report = IngestReport(system)
    trouble = []
    contracts = load_contracts(settings.contracts, system)
    check_overlaps(settings, contracts)
    strip = stripping(settings)
    for contract in contracts:
        done = ingest_contract(
            settings,
            contract,
            since=since,
            until=until,
            verify=verify,
            strip=strip,
            progress=progress,
        )
        report.rows.append(asdict(done))
        trouble += [f"{contract.name}: batch {held}" for held in done.held] + done.problems
    if strip:
        remove_delivered(settings, contracts)
    records.append(settings, "ingests", system=system, rows=report.rows)
    if trouble:
        raise RefusedByData(
            f"{len(trouble)} deliveries of {system} need you: {'; '.join(trouble)}.",
            fix="Held batches wait for `cartera batch release|discard ID --reason …`.",
            report=report.rows,
        )
    return report


def systems_with_inbox(settings: Settings) -> list[str]:
    """Systems with a contract, and a folder in the inbox or a connection that fills it.

    In alphabetical order.
    """
    from ingestion.connectors.connections import connected_systems
    from ingestion.contract import load_contracts

    connected = set(connected_systems(settings.connections))

    systems = {contract.system for contract in load_contracts(settings.contracts)}
    return sorted(name for name in systems if name in connected or (settings.inbox / name).is_dir())
