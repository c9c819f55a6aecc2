"""Expected volume: whether a batch is of the size that its source's history leads to expect."""

from __future__ import annotations

from datetime import date
from itertools import islice
from statistics import median

from ingestion.contract import Contract
from ingestion.history import History, weekday

# Of a long history the latest counts: sources grow.
LAST = 60


def volume_problem(
    contract: Contract, partition: str, received: int, history: History, delivery: str
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
    # Of a rule that wants more batches than count, all that it wants.
    most = max(LAST, rule.batches)
    same = list(islice(history.landed(delivery, partition, weekday(partition)), most))
    landed = history.landed(delivery, partition)
    like = same if len(same) >= rule.batches else list(islice(landed, most))
    if len(like) < rule.batches:
        return ""
    usual = median(m.received for m in like[:LAST])
    low, high = usual * rule.low - rule.slack, usual * rule.high + rule.slack
    if low <= received <= high:
        return ""
    days = f"{date.fromisoformat(partition):%A}s" if like is same else "batches"
    return (
        f"{received} records are off the usual volume: {usual:.0f} is the median of the last "
        f"{len(like[:LAST])} {days}, and {max(low, 0):.0f} to {high:.0f} would do"
    )
