"""Customers drawn from a known Pareto/NBD, one by one and in whole days."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]


def pareto_nbd_histories(
    rng: np.random.Generator,
    customers: int,
    *,
    r: float,
    alpha: float,
    s: float,
    beta: float,
    days: int,
) -> tuple[Days, Days, Days]:
    """x, t_x and T in days of ``customers`` whose first purchase falls in the last ``days``.

    Purchases of a day are one. An infinite beta with s = 1 means that nobody leaves.
    """
    age = rng.integers(0, days, customers)
    every = 7.0 / rng.gamma(r, 1.0 / alpha, customers)
    leaves = rng.exponential(7.0 * beta / rng.gamma(s, 1.0, customers))
    until = np.minimum(leaves, age)
    x, last = np.zeros(customers, np.int64), np.zeros(customers, np.int64)
    now = np.zeros(customers)
    open_ = np.arange(customers)
    while len(open_):
        now[open_] += rng.exponential(every[open_])
        open_ = open_[now[open_] <= until[open_]]
        day = np.minimum(np.ceil(now[open_]).astype(np.int64), age[open_])
        another = open_[day > last[open_]]
        x[another] += 1
        last[open_] = day
    return x, last, age
