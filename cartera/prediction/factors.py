"""The factors of a score, for each value that buyers have of what the factor depends on."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pyarrow as pa

from cartera.prediction import bg_nbd, pareto_nbd
from cartera.prediction.fit import Fit
from cartera.prediction.histories import DAYS_OF_A_WEEK, Cells, Floats, Integers

DAYS_OF_A_MONTH = 365 / 12
MONTHS_OF_A_YEAR = 12


def write_ages(
    connection: duckdb.DuckDBPyConnection,
    orders: Fit,
    life: Fit,
    horizon_days: int,
    discount_rate: float,
) -> None:
    """``ages``: by x and T in days, given alive: orders expected, and how likely none comes."""
    x, days = _distinct(connection, "age_days")
    cells = _as_cells(x, days)
    weeks = horizon_days / DAYS_OF_A_WEEK
    none = np.full(len(x), np.nan)
    expected = discounted = log_stay = log_alive = log_gone = no_order = none
    if (found := orders.vector) is not None:
        expected = bg_nbd.expected_orders(found, cells, weeks)
        discounted = discounted_orders(found, cells, horizon_days, discount_rate)
        log_stay = -(found[0] + x) * np.log(found[1] + cells.weeks)
    if (found := life.vector) is not None:
        log_alive = pareto_nbd.log_alive(found, cells)
        log_gone = pareto_nbd.log_gone(found, cells)
        no_order = pareto_nbd.no_order(found, cells, horizon_days)
    _write(
        connection,
        "ages",
        {
            "repeat_purchases": x,
            "age_days": days,
            "expected_orders": expected,
            "discounted_orders": discounted,
            "log_stay": log_stay,
            "log_alive": log_alive,
            "log_gone": log_gone,
            "no_order": no_order,
        },
    )


def write_recencies(connection: duckdb.DuckDBPyConnection, orders: Fit, life: Fit) -> None:
    """``recencies``: by x and t_x in days, how likely the last purchase was the last one."""
    x, days = _distinct(connection, "recency_days")
    cells = _as_cells(x, days)
    log_leave = log_gone = np.full(len(x), np.nan)
    if (found := orders.vector) is not None:
        # Who bought once is there for certain: so little that exp() of it is zero.
        log_leave = np.maximum(bg_nbd.log_leaving(found, x, cells.weeks), -1e9)
    if (found := life.vector) is not None:
        log_gone = pareto_nbd.log_gone(found, cells)
    _write(
        connection,
        "recencies",
        {"repeat_purchases": x, "recency_days": days, "log_leave": log_leave, "log_gone": log_gone},
    )


def write_spends(connection: duckdb.DuckDBPyConnection, spend: Fit) -> None:
    """``spends``: by the number of amounts n, what the next order is worth: base + weight x mean.

    (v + n m) p / (p n + q - 1), for the mean m of the amounts.
    """
    n = connection.execute(
        "select repeat_amounts from work.prediction.buyers union select 0 order by all"
    ).fetchnumpy()["repeat_amounts"]
    base = weight = np.full(len(n), np.nan)
    if (found := spend.vector) is not None:
        p, q, v = found
        base, weight = v * p / (p * n + q - 1.0), p * n / (p * n + q - 1.0)
    _write(connection, "spends", {"repeat_amounts": n, "base": base, "weight": weight})


def discounted_orders(
    parameters: Floats, cells: Cells, horizon_days: int, discount_rate: float
) -> Floats:
    """Orders expected in the horizon, those of each month discounted to today from its end.

    ``discount_rate`` is per year, compounded monthly.
    """
    total = np.zeros(len(cells.x))
    before = np.zeros(len(cells.x))
    for month in range(1, math.ceil(horizon_days / DAYS_OF_A_MONTH) + 1):
        days = min(month * DAYS_OF_A_MONTH, horizon_days)
        until = bg_nbd.expected_orders(parameters, cells, days / DAYS_OF_A_WEEK)
        total += (until - before) / (1.0 + discount_rate / MONTHS_OF_A_YEAR) ** month
        before = until
    return total


def _distinct(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[Integers, Integers]:
    # Nothing bought again and no time gone by is what everybody starts from.
    found = connection.execute(
        f"select repeat_purchases, {column} from work.prediction.buyers "
        "union select 0, 0 order by all"
    ).fetchnumpy()
    return found["repeat_purchases"], found[column]


def _as_cells(x: Integers, days: Integers) -> Cells:
    return Cells(x, days, np.arange(len(x)))


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Floats | Integers]
) -> None:
    """NaN, where the fit was refused, becomes NULL."""
    rows = pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()})
    connection.register("rows_arrow", rows)
    connection.execute(f"create or replace table work.prediction.{table} as from rows_arrow")
    connection.unregister("rows_arrow")
