"""Manifests of batches that need no files."""

from __future__ import annotations

import itertools
from typing import Any

from cartera.batches import Manifest

numbers = itertools.count()


def manifest(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "batch_id": f"{next(numbers):016x}",
        "system": "till",
        "source": "orders",
        "partition": "2026-01-01",
        "delivery": "till/orders/a.csv",
        "ordinal": 1,
        "checksum": "0",
        "delivery_kind": "increment",
        "state": "landed",
        "received": 3,
        "accepted": 2,
        "quarantined": 1,
        "erased": 0,
        "landed_rows": 2,
        "landed_at": "2026-01-02T00:00:00+00:00",
    }
    return Manifest(**values | changes)
