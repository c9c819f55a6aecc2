"""A rule of an audience from what somebody chose: text that the rules' own parser then checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """``column`` is one of ``values``, or lies between ``least`` and ``most``, or ``holds``."""

    column: str
    values: Sequence[str] = ()
    least: float | None = None
    most: float | None = None
    holds: bool | None = None

    @property
    def condition(self) -> str:
        """The choice as a part of a rule; nothing where nothing was chosen."""
        parts = []
        if self.values:
            parts.append(f"{self.column} in ({', '.join(map(_text, self.values))})")
        if self.least is not None:
            parts.append(f"{self.column} >= {_number(self.least)}")
        if self.most is not None:
            parts.append(f"{self.column} <= {_number(self.most)}")
        if self.holds is not None:
            parts.append(self.column if self.holds else f"not {self.column}")
        return " and ".join(parts)


def rule(choices: Sequence[Choice]) -> str:
    """All of ``choices`` joined; an empty text where nothing was chosen."""
    return " and ".join(filter(None, (choice.condition for choice in choices)))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
