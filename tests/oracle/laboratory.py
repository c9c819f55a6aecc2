"""What the prediction step leaves for the models, without a fit: of given parameters."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from cartera.prediction import bg_nbd, factors, gamma_gamma, pareto_nbd
from cartera.prediction.fit import Fit
from cartera.prediction.gamma_gamma import Spends
from cartera.prediction.histories import Histories
from cartera.prediction.predict import FITS, fit_row, write_buyers
from tests.oracle.company import PUBLISHED
from tests.oracle.prediction import DISCOUNT_RATE, HORIZON_DAYS

PARAMETERS = {module.NAME: module.PARAMETERS for module in (bg_nbd, pareto_nbd, gamma_gamma)}


class Laboratory:
    """Predictions in a database of their own: they make tables, and that voids every plan.

    Nothing is fitted, for a tiny company has no fit: the scores are made of given parameters.
    """

    def __init__(self) -> None:
        self.db = duckdb.connect(config={"threads": 1})
        self.db.execute("attach ':memory:' as work")
        self.db.execute("create schema work.staging; create schema work.identity")
        self.db.execute("create schema work.prediction")

    def predict(self, db: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, pa.Table]:
        """What the prediction step makes of the staged orders, by table."""
        for table in ("staging.stg_netted_orders", "identity.bindings"):
            rows = db.execute(f"from work.{table}").to_arrow_table()
            self.db.execute(f"create or replace table work.{table} as from rows")
        write_buyers(self.db, as_of)
        fits = self._fits()
        orders, life, spend = fits
        factors.write_ages(self.db, orders, life, HORIZON_DAYS, DISCOUNT_RATE)
        factors.write_recencies(self.db, orders, life)
        factors.write_spends(self.db, spend)
        rows = [fit_row(fit, as_of) for fit in fits]
        return {
            "fits": pa.Table.from_pylist(rows, FITS),
            **{
                name: self.db.execute(f"from work.prediction.{name}").to_arrow_table()
                for name in ("buyers", "ages", "recencies", "spends")
            },
        }

    def _fits(self) -> list[Fit]:
        """The given parameters as fits of the buyers that there are."""
        histories = Histories.group(*self._columns("repeat_purchases, recency_days, age_days"))
        mean_spend = "cast(repeat_spend as double) / repeat_amounts"
        spends = Spends.of(
            *self._columns(f"repeat_amounts, {mean_spend}", "where repeat_amounts > 0")
        )
        vectors = {model: np.array(given.parameters) for model, given in PUBLISHED.items()}
        likelihoods = {
            "bg_nbd": bg_nbd.log_likelihood(vectors["bg_nbd"], histories),
            "pareto_nbd": pareto_nbd.log_likelihood(vectors["pareto_nbd"], histories),
            "gamma_gamma": gamma_gamma.log_likelihood(vectors["gamma_gamma"], spends),
        }
        return [
            Fit(
                model=model,
                fit_id=given.fit_id,
                customers=spends.total if model == "gamma_gamma" else histories.total,
                status=given.status,
                parameters=dict(zip(PARAMETERS[model], given.parameters or (), strict=True)),
                log_likelihood=likelihoods[model],
            )
            for model, given in PUBLISHED.items()
        ]

    def _columns(self, names: str, where: str = "") -> list[Any]:
        columns = self.db.execute(f"select {names} from work.prediction.buyers {where}")
        return list(columns.fetchnumpy().values())
