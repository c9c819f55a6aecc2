"""Where an API's records stand in time or number, so that the next fetch can begin there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import total_ordering

from cartera import clock
from cartera.errors import UsageError
from ingestion.connectors.config import Overlap


@total_ordering
@dataclass(frozen=True, eq=False)
class Mark:
    """A number or a moment, and how the API writes it."""

    value: int | datetime
    text: str

    @classmethod
    def read(cls, value: object) -> Mark | None:
        """``value`` of a record as a mark; None if it is neither number nor ISO time."""
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        text = str(value)
        if text.lstrip("-").isdigit():
            return cls(int(text), text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return cls(moment if moment.tzinfo else moment.replace(tzinfo=UTC), text)

    def minus(self, overlap: Overlap) -> Mark:
        """The mark so far behind. Raises UsageError if a number is given for a time."""
        if isinstance(self.value, int):
            if overlap.span is not None:
                raise UsageError("The cursor is a number.", fix="Give overlap as a number.")
            return Mark(self.value - overlap.number, str(self.value - overlap.number))
        if overlap.number:
            raise UsageError("The cursor is a time.", fix="Give overlap as a span: 2 hours.")
        if not overlap.span:
            return self
        moment = self.value - overlap.span
        if len(self.text) == len("2026-01-01"):
            return Mark(moment, moment.date().isoformat())
        text = moment.isoformat()
        return Mark(moment, text.replace("+00:00", "Z") if self.text.endswith("Z") else text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mark) and self.value == other.value

    def __lt__(self, other: Mark) -> bool:
        return self._comparable() < other._comparable()

    def __hash__(self) -> int:
        return hash(self.value)

    def _comparable(self) -> float:
        return float(self.value) if isinstance(self.value, int) else self.value.timestamp()


def first_mark(start: str) -> Mark:
    """The mark of ``start``. Raises UsageError if it is neither number nor ISO time."""
    mark = Mark.read(start)
    if mark is None:
        raise UsageError(
            f"since.start: {start!r} is neither a number nor an ISO time.",
            fix="Write 2026-01-01T00:00:00Z, or 0.",
        )
    return mark


def furthest(marks: list[Mark | None], start: Mark) -> Mark | None:
    """The newest mark of the kind of ``start`` that is not in the future."""
    now = Mark(clock.now(), "")
    usable = [
        mark
        for mark in marks
        if mark
        and isinstance(mark.value, int) == isinstance(start.value, int)
        and (isinstance(mark.value, int) or mark <= now)
    ]
    return max(usable, default=None)
