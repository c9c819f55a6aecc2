"""``cartera status``: per source and for the warehouse, what stands and what needs somebody."""

from __future__ import annotations

from datetime import date
from typing import Any

from cartera import batches, clock, publications, records
from cartera.arrows.copying import failed_copies
from cartera.batches import Manifest
from cartera.console import show_json, show_line, show_note, show_table
from cartera.errors import CarteraError
from cartera.privacy.requests import under_way
from cartera.settings import Settings
from ingestion.connectors.connections import connected_systems, load_connection
from ingestion.connectors.history import last_runs
from ingestion.contract import load_contracts
from ingestion.drift import in_words
from ingestion.inbox import CameBy, unclaimed
from ingestion.lateness import late_sources

# What of a source is shown in a terminal; --json has all of it.
SHOWN = {
    "system": "system",
    "source": "source",
    "last_partition": "last partition",
    "days_ago": "days ago",
    "batches": "batches",
    "received": "received",
    "reject_rate": "reject rate",
    "skipped": "skipped",
    "last_received": "last received",
    "last_reject_rate": "last rate",
    "held": "held",
    "drift": "drift",
    "is_late": "late",
}


def show_status(settings: Settings, *, json: bool) -> None:
    """Print the state of landing and of the current publication."""
    found = describe(settings)
    if json:
        show_json(found)
        return
    current = found["current"]
    if current:
        show_table("current publication", ["what", "value"], list(current.items()))
    else:
        show_line("Nothing has been published yet: run `cartera build`.")
    show_line()
    show_table("sources", list(SHOWN.values()), [_shown(row) for row in found["sources"]])
    if found["connections"]:
        columns = ["system", "kind", "last fetch", "files", "passed over", "last error"]
        rows = [
            [
                c["system"],
                c["kind"],
                c["last_fetch_at"],
                c["files"],
                c["passed_over_count"],
                c["error"],
            ]
            for c in found["connections"]
        ]
        show_line()
        show_table("connections", columns, rows)
    for line in found["needs_you"]:
        show_note("needs you", line)


def describe(settings: Settings) -> dict[str, Any]:
    """The state as plain values: current publication, sources, and what needs somebody."""
    manifests = batches.scan(settings)
    contracts = load_contracts(settings.contracts)
    came_by = CameBy(contracts)
    groups: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        groups.setdefault(came_by(manifest), []).append(manifest)
    today = clock.last_midnight(settings.business_timezone)
    needs = [
        f"{came_by(m)}: batch {m.batch_id} is held: {m.reason}"
        for m in manifests
        if m.state == "held"
    ]
    needs += _refused_deliveries(settings, groups)
    needs += [
        f"inbox/{folder}: no contract takes its files" for folder in unclaimed(settings, contracts)
    ]
    late = late_sources(contracts, manifests, clock.now(), settings.business_timezone)
    needs += [str(source) for source in late]
    are_late = {source.name for source in late}
    expected = {contract.name: contract.expected_every for contract in contracts}
    connections, wrong = _connections(settings)
    needs += wrong
    waiting = under_way(settings)
    if waiting:
        needs.append(
            f"erasure {waiting.erasure_id} is {waiting.state}: `cartera erase --resume` goes on"
        )
    if outdated := publications.outdated(settings):
        needs.append(
            f"publications up to {outdated}, out of a backup, hold people who were erased since: "
            "`cartera build` replaces them"
        )
    current = publications.current(settings)
    gates = records.read(settings, "gates")
    if gates and gates[-1]["status"] == "refused":
        failed = ", ".join(gates[-1]["failed"])
        needs.append(f"the last build {gates[-1]['publication_id']} was refused: {failed}")
    needs += failed_copies(settings)
    return {
        "current": publications.facts(current) if current else None,
        "sources": [
            _source(name, group, today)
            | {"expected_every": expected.get(name), "is_late": name in are_late}
            for name, group in sorted(groups.items())
        ],
        "connections": connections,
        "needs_you": needs,
    }


def _source(contract: str, group: list[Manifest], today: date) -> dict[str, Any]:
    received = sum(m.received for m in group)
    last = max(group, key=lambda m: m.order)
    return {
        "system": last.system,
        "source": last.source,
        "part": contract.removeprefix(f"{last.system}/{last.source}").removeprefix("."),
        "last_partition": last.partition,
        "days_ago": (today - date.fromisoformat(last.partition)).days,
        "batches": len(group),
        "received": received,
        "reject_rate": _rate(sum(m.quarantined for m in group), received),
        "skipped": sum(sum(m.skipped.values()) for m in group),
        "held": sum(m.state == "held" for m in group),
        "drift": in_words(last.drift),
        "last_batch": {
            "batch_id": last.batch_id,
            "delivery": last.delivery,
            "partition": last.partition,
            "landed_at": last.landed_at,
            "state": last.state,
            "reason": last.reason,
            "received": last.received,
            "accepted": last.accepted,
            "quarantined": last.quarantined,
            "skipped": last.skipped,
            "reject_rate": _rate(last.quarantined, last.received),
            "drift": last.drift,
        },
    }


def _rate(part: int, whole: int) -> str | None:
    return f"{part / whole:.2%}" if whole else None


def _shown(row: dict[str, Any]) -> list[Any]:
    last = row["last_batch"]
    part = row["part"]
    told = row | {
        "source": f"{row['source']}.{part}" if part else row["source"],
        "last_received": last["received"],
        "last_reject_rate": last["reject_rate"],
    }
    return [told[name] for name in SHOWN]


def _connections(settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """Each system that is fetched, as its last fetch left it, and what is wrong with any."""
    runs = last_runs(settings)
    found, wrong = [], []
    for system in connected_systems(settings.connections):
        run = runs.get(system, {})
        error = run.get("error", "")
        kind = ""
        try:
            kind = load_connection(settings.connections / f"{system}.yml").kind
        except CarteraError as broken:
            wrong.append(f"connection {system}: {broken}")
        if error:
            wrong.append(f"connection {system}: its last fetch failed: {error}")
        found.append(
            {
                "system": system,
                "kind": kind,
                "last_fetch_at": run.get("done_at"),
                "last_try_at": run.get("at"),
                "files": run.get("files"),
                "error": error,
                "passed_over": run.get("passed_over", []),
                "passed_over_count": run.get("passed_over_count", 0),
            }
        )
    return found, wrong


def _refused_deliveries(settings: Settings, groups: dict[str, list[Manifest]]) -> list[str]:
    """Files that could not be read by a contract and have not landed by it since."""
    landed: dict[tuple[str, str], str] = {}
    for contract, group in groups.items():
        for manifest in group:
            # Records from before they named the contract are settled by any.
            for key in ((contract, manifest.delivery), ("", manifest.delivery)):
                landed[key] = max(manifest.landed_at, landed.get(key, ""))
    last = {
        (record.get("contract", ""), record["delivery"]): record
        for record in records.read(settings, "refused")
    }
    return [
        f"{delivery}: {record['reason']}"
        for (contract, delivery), record in last.items()
        if landed.get((contract, delivery), "") < record["at"]
        and (settings.inbox / delivery).exists()
    ]
