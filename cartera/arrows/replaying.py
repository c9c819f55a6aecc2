"""From quarantine to landing: refused records, parsed once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cartera.batches import Manifest
from cartera.errors import RefusedByData, UsageError
from cartera.settings import Settings

if TYPE_CHECKING:
    from ingestion.contract import Contract
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
    from cartera.privacy.batch import stripping
    from ingestion.contract import load_contracts
    from ingestion.replay import replay

    contracts = load_contracts(settings.contracts)
    chosen = {m.batch_id: _contract_of(m, contracts) for m in wanted}
    rows: list[dict[str, Any]] = []
    for contract in contracts:
        own = [m for m in wanted if chosen[m.batch_id] is contract]
        if own:
            done = replay(
                settings,
                contract,
                own,
                corrections,
                progress,
                is_alone=len(wanted) == 1,
                strip=stripping(settings),
            )
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


def _contract_of(batch: Manifest, contracts: list[Contract]) -> Contract:
    """The contract that the batch came by: of a source in parts, the one of its part.

    Raises UsageError if there is none, or if more than one could be meant.
    """
    from ingestion.inbox import is_of

    of_source = [c for c in contracts if (c.system, c.source) == (batch.system, batch.source)]
    if len(of_source) > 1 or batch.part is not None:
        of_source = [c for c in of_source if is_of(batch, c)]
    if len(of_source) != 1:
        many = "several contracts" if of_source else "no contract any more"
        raise UsageError(
            f"Batch {batch.batch_id} is of {batch.system}/{batch.source}, which has {many} for "
            f"{batch.delivery}.",
            fix="Bring the contract back, make their files distinct, or name another batch.",
        )
    return of_source[0]
