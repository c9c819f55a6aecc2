"""Objectives that name what does not exist stop a build, each with its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartera.errors import RefusedByData
from cartera.settings import Settings

SHOWN = 5
UNKNOWN = """
    with landed as (
        select objectives.*, batches.batch as batch_id
        from work.landing.objectives
        join work.landing.batches using (batch_rank)
    ),
    segments as (
        select segment as member from work.seeds.rfm_segments
        union
        select member from work.seeds.segment_names
    )
    select
        landed.batch_id,
        staged.objective_id,
        staged.metric,
        staged.segment,
        metrics.metric is not null as has_metric
    from work.staging.stg_objectives as staged
    left join work.seeds.metrics as metrics
        on staged.metric = metrics.metric
    left join segments
        on staged.segment = segments.member
    left join landed
        on
            staged.source_system = landed.source_system
            and staged.objective_id = landed.objective_id
            and staged.metric = landed.metric
    where
        metrics.metric is null
        or (staged.segment is not null and segments.member is null)
    qualify row_number() over (
        partition by staged.source_system, staged.objective_id
        order by landed.batch_rank desc, landed.batch_row desc
    ) = 1
    order by landed.batch_rank, landed.batch_row, staged.objective_id
"""


@dataclass(frozen=True)
class Unknown:
    """An objective and where it stands: ``line`` of its file, from 1; 0 if that cannot be told."""

    objective_id: str
    what: str
    delivery: str
    line: int

    def __str__(self) -> str:
        where = f"{self.delivery}, line {self.line}" if self.line else self.delivery
        return f"{self.objective_id} ({where}): {self.what}"


def refuse_unknown(
    settings: Settings, connection: duckdb.DuckDBPyConnection, deliveries: Mapping[str, str]
) -> None:
    """Raise RefusedByData if a staged objective names an unknown metric or segment.

    ``work`` must be attached, with its staging, seeds and landing. ``deliveries`` maps a batch to
    the path of its file in the inbox.
    """
    found = unknown(settings, connection, deliveries)
    if not found:
        return
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise RefusedByData(
        f"{len(found)} objectives name what does not exist: "
        f"{'; '.join(map(str, found[:SHOWN]))}{more}.",
        fix="docs/metrics.md has the metrics and segments. Correct the file and deliver it again.",
    )


def unknown(
    settings: Settings, connection: duckdb.DuckDBPyConnection, deliveries: Mapping[str, str]
) -> list[Unknown]:
    """The objectives that name an unknown metric or segment, in the order of their batches."""
    rows = connection.execute(UNKNOWN).fetchall()
    return [
        Unknown(
            objective_id=objective_id,
            what=f"no segment {segment!r}" if has_metric else f"no metric {metric!r}",
            delivery=deliveries[batch],
            line=_line(settings.inbox / deliveries[batch], objective_id, metric),
        )
        for batch, objective_id, metric, segment, has_metric in rows
    ]


def _line(path: Path, *words: str) -> int:
    """The last line of a text file that has all ``words`` whole; 0 if it is gone or has none."""
    whole = [re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])") for word in words]
    try:
        content = path.read_bytes()
    except OSError:
        return 0
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        lines = [
            n for n, line in enumerate(text.splitlines(), 1) if all(w.search(line) for w in whole)
        ]
        if lines:
            return lines[-1]
    return 0
