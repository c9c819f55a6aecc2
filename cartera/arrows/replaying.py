"""From quarantine to landing: refused records, parsed once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cartera.batches import Manifest
from cartera.errors import RefusedByData, UsageError
from cartera.settings import Settings

if TYPE_CHECKING:
    from ingestion.corrections import Corrections


def replay_batches(
    settings: Settings,
    wanted: list[Manifest],
    *,
    corrections: Corrections | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[dict[str, Any]]:
    """Replay the refused records of these batches; a row of counts for each of them.

    What others look up lands first. Raises UsageError if a batch has no contract any more, and
    RefusedByData, after all of them, where a correction does not fit, where the contract still
    cannot read a batch, or where one is held.
    """
    from ingestion.contract import load_contracts
    from ingestion.replay import replay

    contracts = load_contracts(settings.contracts)
    known = {(contract.system, contract.source) for contract in contracts}
    for manifest in wanted:
        if (manifest.system, manifest.source) not in known:
            raise UsageError(
                f"Batch {manifest.batch_id} is of {manifest.system}/{manifest.source}, which has "
                "no contract any more.",
                fix="Bring the contract back, or name another source.",
            )
    rows: list[dict[str, Any]] = []
    for contract in contracts:
        own = [m for m in wanted if (m.system, m.source) == (contract.system, contract.source)]
        if own:
            done = replay(settings, contract, own, corrections, progress)
            rows += [asdict(one) for one in done]
    trouble = [f"batch {row['batch_id']}: {row['reason']}" for row in rows if row["reason"]]
    trouble += [
        f"batch {row['batch_id']}, line {failed['line']}: still {failed['rule']}"
        for row in rows
        for failed in row["failed"]
    ]
    if trouble:
        raise RefusedByData(
            f"{'; '.join(trouble)}.",
            fix="What did not fit is in quarantine as it came.",
            report=rows,
        )
    return rows
