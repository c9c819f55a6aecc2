"""The published answers on CDNOW, to their last digit, and its 39 weeks held out.

Fader, Hardie & Lee, "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD Model"
(Marketing Science 24:2, 2005), table 2; Fader & Hardie, "The Gamma-Gamma Model of Monetary Value"
(2013), which has parameters and no log-likelihood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata

from cartera.prediction.fit import Fit, Least, fit_bg_nbd, fit_gamma_gamma, fit_pareto_nbd
from cartera.prediction.gamma_gamma import Spends
from cartera.prediction.histories import Histories
from cartera.prediction.predict import Options, predict
from tests.oracle.fits import log_likelihood_gamma_gamma
from tests.oracle.prediction import log_likelihood_bg_nbd, log_likelihood_pareto_nbd
from tests.prediction import cdnow
from tests.prediction.scoring import score, workshop

AS_OF = cdnow.CALIBRATED_TO + timedelta(days=1)
OPTIONS = Options(cdnow.HELD_OUT_DAYS, 0.0, 100, 30, 100_000, 7)


@pytest.fixture(scope="module")
def histories() -> Histories:
    people = cdnow.customers().values()
    return Histories.group(
        [c.x for c in people], [c.recency for c in people], [c.age for c in people]
    )


@pytest.fixture(scope="module")
def scored() -> Iterator[duckdb.DuckDBPyConnection]:
    """The orders of CDNOW through the step and its mart, and ``later`` beside it."""
    with workshop() as connection:
        rows = [{"c": o.customer, "d": o.day, "a": o.amount} for o in cdnow.orders()]
        connection.register("told", pa.Table.from_pylist([r for r in rows if r["d"] < AS_OF]))
        connection.execute(
            "insert into work.staging.stg_netted_orders select 'shop', c, d, a, false from told"
        )
        people = cdnow.customers().items()
        rows = [{"customer_id": name, "orders": customer.later} for name, customer in people]
        connection.register("later_arrow", pa.Table.from_pylist(rows))
        connection.execute("create table later as from later_arrow")
        connection.execute(
            "insert into work.identity.bindings select 'shop', customer_id, customer_id from later"
        )
        predict(connection, as_of=AS_OF, options=OPTIONS)
        score(connection)
        yield connection


def rounded(fit: Fit, digits: int) -> list[float]:
    assert fit.status == "converged", fit.reason
    assert fit.parameters is not None
    return [round(value, digits) for value in fit.parameters.values()]


def test_the_sample_is_the_published_one(histories: Histories) -> None:
    assert histories.total == 2357
    assert histories.repeat_buyers == 946
    assert sum(c.later for c in cdnow.customers().values()) == 1882


def test_bg_nbd_is_as_published(histories: Histories) -> None:
    fit = fit_bg_nbd(histories, AS_OF, Least())
    assert rounded(fit, 3) == [0.243, 4.414, 0.793, 2.426]
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_pareto_nbd_is_as_published(histories: Histories) -> None:
    fit = fit_pareto_nbd(histories, AS_OF, Least())
    assert rounded(fit, 3) == [0.553, 10.578, 0.606, 11.669]
    assert fit.log_likelihood == pytest.approx(-9595.0, abs=0.05)


def test_gamma_gamma_is_as_published() -> None:
    again = [c.spent for c in cdnow.customers().values() if c.x]
    means = [float(sum(spent)) / len(spent) for spent in again]
    fit = fit_gamma_gamma(Spends.of([len(spent) for spent in again], means), AS_OF, Least())
    assert fit.customers == 946
    assert rounded(fit, 2) == [6.25, 3.74, 15.44]


def curvature(
    likelihood: Callable[[np.ndarray], float], at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradient and the Hessian of ``likelihood`` by central differences."""
    steps = np.diag(1e-3 * at)
    ends = {sign: np.array([likelihood(at + sign * step) for step in steps]) for sign in (1, -1)}
    widths = np.diag(steps)
    size, middle = len(at), likelihood(at)
    hessian = np.empty((size, size))
    for i in range(size):
        hessian[i, i] = (ends[1][i] - 2 * middle + ends[-1][i]) / widths[i] ** 2
        for j in range(i):
            both = sum(
                one * other * likelihood(at + one * steps[i] + other * steps[j])
                for one in (1, -1)
                for other in (1, -1)
            )
            hessian[i, j] = hessian[j, i] = both / (4 * widths[i] * widths[j])
    return (ends[1] - ends[-1]) / (2 * widths), hessian


def test_fits_are_where_the_oracles_likelihood_is_highest_with_its_errors(
    histories: Histories,
) -> None:
    people = cdnow.customers().values()
    alike = Counter((c.x, c.recency / 7, c.age / 7) for c in people)
    spends = [[float(amount) for amount in c.spent] for c in people if c.x]
    fits = (
        fit_bg_nbd(histories, AS_OF, Least()),
        fit_pareto_nbd(histories, AS_OF, Least()),
        fit_gamma_gamma(
            Spends.of([len(s) for s in spends], [sum(s) / len(s) for s in spends]), AS_OF, Least()
        ),
    )
    likelihoods = (
        lambda p: sum(n * log_likelihood_bg_nbd(tuple(p), *who) for who, n in alike.items()),
        lambda p: sum(n * log_likelihood_pareto_nbd(tuple(p), *who) for who, n in alike.items()),
        lambda p: sum(log_likelihood_gamma_gamma(tuple(p), spent) for spent in spends),
    )
    for fit, likelihood in zip(fits, likelihoods, strict=True):
        assert fit.vector is not None, fit.reason
        assert fit.standard_errors is not None
        gradient, hessian = curvature(likelihood, fit.vector)
        errors = np.sqrt(np.diag(np.linalg.inv(-hessian)))
        step = np.linalg.solve(-hessian, gradient)
        assert np.all(np.abs(step) < 1e-3 * errors), (fit.model, step, errors)
        assert list(fit.standard_errors.values()) == pytest.approx(errors, rel=0.01), fit.model


def test_the_step_finds_the_published_answers_in_orders(scored: duckdb.DuckDBPyConnection) -> None:
    """From orders to x, t_x, T and mean amounts in SQL: the same fits come out."""
    fits = scored.execute(
        "select model, status, customers, round(log_likelihood, 1), as_of from work.prediction.fits"
    ).fetchall()
    assert fits == [
        ("bg_nbd", "converged", 2357, -9582.4, date(1997, 10, 1)),
        ("pareto_nbd", "converged", 2357, -9595.0, date(1997, 10, 1)),
        ("gamma_gamma", "converged", 946, -4055.9, date(1997, 10, 1)),
    ]


def test_the_39_weeks_held_out_are_foreseen(scored: duckdb.DuckDBPyConnection) -> None:
    """Better than to foresee nothing for anybody, whose error is 0.798."""
    total, error, nothing = scored.execute(
        "select sum(expected_orders), avg(abs(expected_orders - orders)), avg(orders) "
        "from work.marts.customer_clv join later using (customer_id)"
    ).fetchall()[0]
    assert total == pytest.approx(1654, abs=5)
    assert error <= 0.79
    assert round(nothing, 3) == 0.798


def auc(risk: np.ndarray, is_gone: np.ndarray) -> float:
    """The chance that who is gone had the higher risk."""
    ranks, gone = rankdata(risk), is_gone.sum()
    pairs = gone * (len(risk) - gone)
    return float((ranks[is_gone].sum() - gone * (gone + 1) / 2) / pairs)


def test_churn_risk_ranks_who_did_not_come_back(scored: duckdb.DuckDBPyConnection) -> None:
    columns = scored.execute(
        "select churn_risk, 1 - p_alive as is_dead, age_weeks - recency_weeks as silent, orders "
        "from work.marts.customer_clv join later using (customer_id)"
    ).fetchnumpy()
    gone = columns["orders"] == 0
    assert auc(columns["churn_risk"], gone) >= 0.765
    assert auc(columns["churn_risk"], gone) > auc(columns["is_dead"], gone) + 0.04
    # Days since the last order alone rank as well: what the model adds is a probability.
    assert auc(columns["silent"], gone) == pytest.approx(0.771, abs=0.001)
