"""Expected volume: whether a batch is of the size that its source's history leads to expect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median

from cartera.batches import Manifest
from ingestion.contract import Contract

# Of a long history the latest counts: sources grow.
LAST = 60


def volume_problem(
    contract: Contract, partition: str, received: int, history: Sequence[Manifest]
) -> str:
    """Why ``received`` records are off the usual volume, in words; empty if they are not.

    Usual is the median of the partitions up to this one: of the same weekday where there are
    enough batches of it, else of any day. What came later says nothing of a day before it: a
    source's first days are not its usual ones. Too short a history expects nothing, and a
    batch that somebody released is part of what is usual.
    """
    rule = contract.expected_volume
    if not rule:
        return ""
    before = (m for m in history if m.state == "landed" and m.partition <= partition)
    landed = sorted(before, key=lambda m: m.order)
    weekday = date.fromisoformat(partition).weekday()
    same = [m for m in landed if date.fromisoformat(m.partition).weekday() == weekday]
    like = same if len(same) >= rule.batches else landed
    if len(like) < rule.batches:
        return ""
    usual = median(m.received for m in like[-LAST:])
    low, high = usual * rule.low - rule.slack, usual * rule.high + rule.slack
    if low <= received <= high:
        return ""
    days = f"{date.fromisoformat(partition):%A}s" if like is same else "batches"
    return (
        f"{received} records are off the usual volume: {usual:.0f} is the median of the last "
        f"{len(like[-LAST:])} {days}, and {max(low, 0):.0f} to {high:.0f} would do"
    )
