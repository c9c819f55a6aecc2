"""What landing lets be done to a batch before anybody reads it: the erased are taken out.

Who that is, and how, is not landing's business: an arrow hands it in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from cartera.batches import Manifest
from ingestion.contract import Contract


@dataclass(frozen=True)
class Stripped:
    """What went of a batch: persons' rows and refused records; facts that name nobody now.

    ``rejects`` are the refused records that stay, by rule.
    """

    rows: int = 0
    refused: int = 0
    unidentified: int = 0
    rejects: dict[str, int] | None = None

    @property
    def anything(self) -> bool:
        """Whether the delivered file holds somebody who was erased."""
        return bool(self.rows or self.refused or self.unidentified)


# Takes the files of a batch that is being made: its rows, and its folder in quarantine.
Strip = Callable[[duckdb.DuckDBPyConnection, Contract, Path, Path], Stripped]


def accounted(manifest: Manifest, stripped: Stripped) -> Manifest:
    """``manifest`` with what was taken out counted as erased."""
    if not stripped.anything:
        return manifest
    # Of a batch that groups, a row that goes is one record of the account.
    gone = min(stripped.rows, manifest.accepted)
    return replace(
        manifest,
        accepted=manifest.accepted - gone,
        quarantined=manifest.quarantined - stripped.refused,
        erased=manifest.erased + gone + stripped.refused,
        unidentified=manifest.unidentified + stripped.unidentified,
        landed_rows=manifest.landed_rows - stripped.rows,
        rejects=manifest.rejects if stripped.rejects is None else stripped.rejects,
    )
