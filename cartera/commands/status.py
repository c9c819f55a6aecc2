"""``cartera status``: per source and for the warehouse, what stands and what needs somebody."""

from __future__ import annotations

from datetime import date
from typing import Any

from cartera import batches, clock, publications, records
from cartera.batches import Manifest
from cartera.console import out, show_json, show_table
from cartera.settings import Settings
from ingestion.contract import load_contracts
from ingestion.drift import in_words
from ingestion.inbox import unclaimed
from ingestion.lateness import late_sources


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
        out.print("Nothing has been published yet: run `cartera build`.")
    columns = ["system", "source", "last partition", "days ago", "batches", "received"]
    columns += ["reject rate", "held", "drift", "late"]
    out.print()
    show_table("sources", columns, [list(row.values()) for row in found["sources"]])
    for line in found["needs_you"]:
        out.print(f"[yellow]needs you[/yellow] {line}", soft_wrap=True)


def describe(settings: Settings) -> dict[str, Any]:
    """The state as plain values: current publication, sources, and what needs somebody."""
    manifests = batches.scan(settings)
    groups: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        groups.setdefault((manifest.system, manifest.source), []).append(manifest)
    today = clock.last_midnight(settings.business_timezone)
    needs = [
        f"{m.system}/{m.source}: batch {m.batch_id} is held: {m.reason}"
        for m in manifests
        if m.state == "held"
    ]
    needs += _refused_deliveries(settings, manifests)
    contracts = load_contracts(settings.contracts)
    needs += [
        f"inbox/{folder}: no contract takes its files" for folder in unclaimed(settings, contracts)
    ]
    late = late_sources(contracts, manifests, clock.now(), settings.business_timezone)
    needs += [str(source) for source in late]
    are_late = {source.name for source in late}
    current = publications.current(settings)
    gates = records.read(settings, "gates")
    if gates and gates[-1]["status"] == "refused":
        failed = ", ".join(gates[-1]["failed"])
        needs.append(f"the last build {gates[-1]['publication_id']} was refused: {failed}")
    return {
        "current": publications.facts(current) if current else None,
        "sources": [
            _source(system, source, group, today) | {"is_late": f"{system}/{source}" in are_late}
            for (system, source), group in sorted(groups.items())
        ],
        "needs_you": needs,
    }


def _source(system: str, source: str, group: list[Manifest], today: date) -> dict[str, Any]:
    received = sum(m.received for m in group)
    refused = sum(m.quarantined for m in group)
    last = max(m.partition for m in group)
    return {
        "system": system,
        "source": source,
        "last_partition": last,
        "days_ago": (today - date.fromisoformat(last)).days,
        "batches": len(group),
        "received": received,
        "reject_rate": f"{refused / received:.2%}" if received else None,
        "held": sum(m.state == "held" for m in group),
        "drift": in_words(max(group, key=lambda m: m.order).drift),
    }


def _refused_deliveries(settings: Settings, manifests: list[Manifest]) -> list[str]:
    """Files that could not be read and have not landed since."""
    landed: dict[str, str] = {}
    for manifest in manifests:
        landed[manifest.delivery] = max(manifest.landed_at, landed.get(manifest.delivery, ""))
    last = {record["delivery"]: record for record in records.read(settings, "refused")}
    return [
        f"{name}: {record['reason']}"
        for name, record in last.items()
        if landed.get(name, "") < record["at"] and (settings.inbox / name).exists()
    ]
