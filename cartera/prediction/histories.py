"""Purchase histories as the models read them: x, t_x and T, grouped.

Two customers with the same three numbers are the same to a model, and most of what a
likelihood computes depends on two of the three: each is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from cartera.prediction.interpolate import Points

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DAYS_OF_A_WEEK = 7.0


@dataclass(frozen=True)
class Cells:
    """Distinct (x, day) pairs, and which of them each group has."""

    x: Integers
    days: Integers
    of_group: Integers

    @property
    def weeks(self) -> Floats:
        """The days in weeks, the unit of all parameters."""
        return self.days / DAYS_OF_A_WEEK

    @cached_property
    def points(self) -> Points:
        """Where a function of (x, weeks) is to be known to have it in all cells."""
        from cartera.prediction.interpolate import points_of

        return points_of(self)

    def later(self, days: int) -> Cells:
        """The same cells, so many days on."""
        return Cells(self.x, self.days + days, self.of_group)


@dataclass(frozen=True)
class Histories:
    """Groups of equal histories, sorted.

    x: repeat purchases, from 0. recency and age: days from the first purchase to the last one
    and to the last day of the data. customers: how many have this history.
    """

    x: Integers
    recency: Integers
    age: Integers
    customers: Integers

    @classmethod
    def group(cls, x: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Histories:
        """Group one row per customer. Raises ValueError for what no customer can have done."""
        rows = np.stack([np.asarray(part, dtype=np.int64) for part in (x, recency, age)])
        bad = (
            (rows < 0).any(axis=0)
            | (rows[1] > rows[2])
            | (rows[0] > rows[1])
            | ((rows[0] == 0) != (rows[1] == 0))
        )
        if bad.any():
            first = rows[:, np.flatnonzero(bad)[0]].tolist()
            raise ValueError(f"Not a purchase history: x, recency, age = {first}.")
        distinct, customers = np.unique(rows, axis=1, return_counts=True)
        return cls(distinct[0], distinct[1], distinct[2], customers.astype(np.int64))

    @property
    def total(self) -> int:
        """How many customers there are."""
        return int(self.customers.sum())

    @property
    def repeat_buyers(self) -> int:
        """How many of them bought again."""
        return int(self.customers[self.x > 0].sum())

    @cached_property
    def by_recency(self) -> Cells:
        """The distinct (x, t_x)."""
        return _cells(self.x, self.recency)

    @cached_property
    def by_age(self) -> Cells:
        """The distinct (x, T)."""
        return _cells(self.x, self.age)


def _cells(x: Integers, days: Integers) -> Cells:
    width = int(days.max(initial=0)) + 1
    codes, of_group = np.unique(x * width + days, return_inverse=True)
    return Cells(codes // width, codes % width, of_group)
