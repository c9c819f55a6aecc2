"""How a table of the models is held against the oracle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.company import Row
from tests.oracle.facts import Facts

TOLERANCE = 1e-9
Expected = Mapping[Any, Row]


@dataclass(frozen=True)
class Table:
    """A table of the models: its key, the columns that are compared, the oracle's rows by key.

    ``joined`` is a column that is its keys, joined by bars.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    expect: Callable[[Facts], Expected]
    joined: str = ""

    @property
    def wanted(self) -> tuple[str, ...]:
        return (*self.keys, *self.columns, *([self.joined] if self.joined else []))


def by(key: str, rows: Iterable[Row]) -> dict[Any, Row]:
    """Rows by the value of a column that tells them apart."""
    rows = list(rows)
    result = {row[key]: row for row in rows}
    assert len(result) == len(rows), f"the oracle has {key} twice"
    return result


def differences(table: Table, facts: Facts, rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """What the models say of a table and the oracle does not, and the other way round."""
    expected = {
        key if isinstance(key, tuple) else (key,): row
        for key, row in facts.of(table.expect).items()
    }
    size = len(table.keys)
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    wrong = []
    for row in rows:
        if row[:size] in found:
            wrong.append(f"{table.name} {row[:size]} is there twice")
        if table.joined and row[-1] != (key := joined(row[:size])):
            wrong.append(f"{table.name} {row[:size]}: {table.joined} is {row[-1]!r}, not {key!r}")
        found[row[:size]] = row[size : len(table.keys) + len(table.columns)]
    wrong += [f"{table.name} {key} is missing" for key in expected if key not in found]
    wrong += [f"{table.name} {key} is too many" for key in found if key not in expected]
    for key, values in found.items():
        for column, told in zip(table.columns, values, strict=True):
            if key in expected and not same(expected[key][column], told):
                wrong.append(
                    f"{table.name} {key}: {column} is {told!r}, not {expected[key][column]!r}"
                )
    return wrong


def joined(keys: Iterable[Any]) -> str:
    """Keys in one column."""
    return "|".join("" if key is None else str(key) for key in keys)


def same(expected: Any, found: Any) -> bool:
    """Ratios to 1e-9; all else, money and counts among it, exactly."""
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(expected == found) and (expected is None) == (found is None)
