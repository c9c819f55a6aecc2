"""The prediction step of a build: from netted orders to fits and factors.

Reads ``work.staging.stg_netted_orders`` and ``work.identity.bindings``; writes the schema
``work.prediction``, from which the marts score every buyer by joins:

- ``buyers``: one row per buyer, what the models know of them;
- ``fits``: one row per model, its parameters or why there are none;
- ``ages``, ``recencies``, ``spends``: the factors of a score that depend on (x, T), on (x, t_x)
  and on the number of amounts. No score needs all of a buyer at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from cartera.duck import literal

if TYPE_CHECKING:
    from cartera.prediction.fit import Fit

MODELS = ("bg_nbd", "pareto_nbd", "gamma_gamma")
FITS = pa.schema(
    [
        ("fit_id", pa.string()),
        ("model", pa.string()),
        ("parameters", pa.string()),
        ("standard_errors", pa.string()),
        ("log_likelihood", pa.float64()),
        ("customers", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("as_of", pa.date32()),
    ]
)


@dataclass(frozen=True)
class Options:
    """The thresholds of the definitions, all of them variables of the models.

    sample: fit on so many buyers at most, chosen by ``seed`` and the buyer's id alone.
    """

    horizon_days: int
    discount_rate: float
    min_customers: int
    min_repeat_buyers: int
    sample: int
    seed: int


def predict(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date,
    options: Options,
    progress: Callable[[str], None] | None = None,
) -> list[Fit]:
    """Fit the models and write what scores are made of. ``work`` must be attached for writing."""
    connection.execute("create schema if not exists work.prediction")
    write_buyers(connection, as_of)
    return fit_and_factor(connection, as_of=as_of, options=options, progress=progress)


def write_buyers(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """``buyers``: x, t_x and T in days, and the amounts of the repeat purchases.

    A purchase is a day with an order that was kept. Its amount is unknown if that of one of its
    orders is, and only known amounts above zero count. The last day is the one before as_of.
    """
    last_day = f"cast({literal((as_of - timedelta(days=1)).isoformat())} as date)"
    connection.execute(
        f"""
        create or replace table work.prediction.buyers as
        with purchases as (
            select
                customer_id,
                order_date,
                greatest(
                    case when count(*) = count(net_revenue) then sum(net_revenue) else 0 end, 0
                ) as spent
            from work.staging.stg_netted_orders
            join work.identity.bindings using (person_system, person_record_id)
            where not is_fully_refunded
            group by customer_id, order_date
        ),
        summed as (
            select
                customer_id,
                count(*) - 1 as repeat_purchases,
                min(order_date) as first_date,
                max(order_date) as last_date,
                arg_min(spent, order_date) as first_spent,
                count(*) filter (spent > 0) as amounts,
                sum(spent) as spent
            from purchases
            group by customer_id
        )
        select
            customer_id,
            repeat_purchases,
            last_date - first_date as recency_days,
            {last_day} - first_date as age_days,
            cast(amounts - (first_spent > 0)::int as bigint) as repeat_amounts,
            cast(spent - first_spent as decimal(18, 2)) as repeat_spend
        from summed
        order by customer_id
        """
    )


def fit_and_factor(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date,
    options: Options,
    progress: Callable[[str], None] | None = None,
) -> list[Fit]:
    """All that follows from ``work.prediction.buyers``."""
    # Here and not above: they cost a second, and only builds need them.
    from cartera.prediction import factors
    from cartera.prediction.fit import CONVERGED, Least, fit_bg_nbd, fit_gamma_gamma, fit_pareto_nbd
    from cartera.prediction.gamma_gamma import Spends
    from cartera.prediction.histories import Histories

    tell = progress or (lambda line: None)
    least = Least(options.min_customers, options.min_repeat_buyers)
    _sample(connection, options)
    columns = connection.execute(
        "select repeat_purchases, recency_days, age_days from sampled"
    ).fetchnumpy()
    histories = Histories.group(*columns.values())
    columns = connection.execute(
        "select repeat_amounts, cast(repeat_spend as double) / repeat_amounts as mean_spend "
        "from sampled where repeat_amounts > 0"
    ).fetchnumpy()
    spends = Spends.of(*columns.values())
    connection.execute("drop table sampled")

    bg_nbd = fit_bg_nbd(histories, as_of, least)
    pareto_nbd = fit_pareto_nbd(histories, as_of, least)
    gamma_gamma = fit_gamma_gamma(spends, as_of, least)
    fits = [bg_nbd, pareto_nbd, gamma_gamma]
    _write(connection, "fits", pa.Table.from_pylist([fit_row(fit, as_of) for fit in fits], FITS))
    factors.write_ages(connection, bg_nbd, pareto_nbd, options.horizon_days, options.discount_rate)
    factors.write_recencies(connection, bg_nbd, pareto_nbd)
    factors.write_spends(connection, gamma_gamma)
    done = [fit.model for fit in fits if fit.status == CONVERGED]
    tell(f"prediction: {', '.join(done) or 'no model'} fitted on {histories.total:,} buyers")
    return fits


def _sample(connection: duckdb.DuckDBPyConnection, options: Options) -> None:
    """The buyers that are fitted on: all, or those whose hashed ids come first."""
    connection.execute(
        f"""
        create or replace temp table sampled as
        select * from work.prediction.buyers
        order by md5('{options.seed:d}|' || customer_id), customer_id
        limit {options.sample:d}
        """
    )


def fit_row(fit: Fit, as_of: date) -> dict[str, object]:
    """The fit as a row of FITS."""
    return {
        "fit_id": fit.fit_id,
        "model": fit.model,
        "parameters": fit.parameters and json.dumps(fit.parameters),
        "standard_errors": fit.standard_errors and json.dumps(fit.standard_errors),
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
        "status": fit.status,
        "reason": fit.reason,
        "as_of": as_of,
    }


def _write(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    connection.register("rows_arrow", rows)
    connection.execute(f"create or replace table work.prediction.{table} as from rows_arrow")
    connection.unregister("rows_arrow")
