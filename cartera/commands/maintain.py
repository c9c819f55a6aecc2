"""``cartera maintain``: retention, pruning and a backup, as the DAG ``maintenance`` does them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from cartera import arrows
from cartera.console import say, show_json, show_line, show_table
from cartera.settings import Settings


def run_maintenance(settings: Settings, as_of: date | None, *, dry_run: bool, json: bool) -> None:
    """Do the three, or with ``dry_run`` only say what the first would take out."""
    tell = None if json else say
    retained = arrows.retain(settings, as_of=as_of, dry_run=dry_run, progress=tell)
    pruned = None if dry_run else arrows.prune(settings, progress=tell)
    backup = None if dry_run else arrows.back_up(settings, progress=tell)
    if json:
        show_json(
            {
                "retention": asdict(retained),
                "pruned": asdict(pruned) if pruned else None,
                "backup": asdict(backup) if backup else None,
            }
        )
        return
    show_table(
        f"{'would go' if dry_run else 'went'} as of {retained.as_of}",
        ["contract", "kept for", "from before", "rows", "refused", "batches"],
        [
            (c["contract"], c["retention"], c["before"], c["rows"], c["refused"], len(c["batches"]))
            for c in retained.contracts
        ],
    )
    if not retained.contracts:
        show_line("No contract says for how long its batches are kept (`retention`).")
    for file in retained.delivered:
        show_line(f"removed inbox/{file}")
