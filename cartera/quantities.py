"""Ages and sizes as people write them: ``30d``, ``20GB``."""

from __future__ import annotations

import re
from datetime import timedelta

from cartera.errors import UsageError

AGES = {"h": "hours", "d": "days", "w": "weeks"}
# As DuckDB has them: the usual ones are powers of ten.
SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12} | {
    f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", 1)
}


def age(text: str) -> timedelta:
    """``36h``, ``30d`` or ``4w``. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip().lower())
    if not found:
        raise UsageError(f"{text!r} is no age.", fix="Write hours, days or weeks: 36h, 30d or 4w.")
    return timedelta(**{AGES[found[2]]: int(found[1])})


def size(text: str) -> int:
    """Bytes of ``500MB``, ``20GB`` or ``1.5TiB``. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]{0,3})", text.strip().lower())
    if not found or found[2].upper() not in SIZES:
        raise UsageError(f"{text!r} is no size.", fix="Write it like 500MB, 20GB or 1.5TiB.")
    return int(float(found[1]) * SIZES[found[2].upper()])
