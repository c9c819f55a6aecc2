"""A fit finds what customers were drawn from, says when it cannot, and minds no order of rows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from cartera.prediction import pareto_nbd
from cartera.prediction.fit import (
    CONVERGED,
    Fit,
    Least,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_pareto_nbd,
)
from cartera.prediction.gamma_gamma import Spends
from cartera.prediction.histories import Histories
from tests.prediction.simulation import pareto_nbd_histories

AS_OF = date(2026, 11, 1)
LEAST = Least(100, 30)


def drawn(customers: int, days: int = 1000, seed: int = 11, **parameters: float) -> Histories:
    rng = np.random.default_rng(seed)
    return Histories.group(*pareto_nbd_histories(rng, customers, days=days, **parameters))


def assert_near(fit: Fit, truth: dict[str, float], errors: float = 4.0) -> None:
    assert fit.status == CONVERGED, fit.reason
    assert fit.parameters is not None
    assert fit.standard_errors is not None
    off = {
        name: (fit.parameters[name] - value) / fit.standard_errors[name]
        for name, value in truth.items()
    }
    assert all(abs(value) < errors for value in off.values()), off


def test_pareto_nbd_is_recovered() -> None:
    """Rates are slow enough that two purchases of one day are rare."""
    truth = {"r": 0.9, "alpha": 20.0, "s": 0.8, "beta": 40.0}
    assert_near(fit_pareto_nbd(drawn(8000, **truth), AS_OF, LEAST), truth)


def test_bg_nbd_is_recovered() -> None:
    truth = {"r": 0.8, "alpha": 10.0, "a": 0.9, "b": 3.0}
    rng = np.random.default_rng(4)
    n = 8000
    age = rng.integers(0, 1000, n)
    every = 7.0 / rng.gamma(truth["r"], 1.0 / truth["alpha"], n)
    leaves = rng.beta(truth["a"], truth["b"], n)
    x, last, now = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n)
    there = np.arange(n)
    while len(there):
        now[there] += rng.exponential(every[there])
        there = there[now[there] <= age[there]]
        day = np.ceil(now[there]).astype(np.int64)
        x[there[day > last[there]]] += 1
        last[there] = day
        there = there[rng.random(len(there)) >= leaves[there]]
    fit = fit_bg_nbd(Histories.group(x, np.minimum(last, age), age), AS_OF, LEAST)
    assert_near(fit, truth)


def spent(*, p: float, q: float, v: float) -> Spends:
    rng = np.random.default_rng(8)
    x = rng.geometric(0.3, 6000)
    return Spends.of(x, rng.gamma(p * x, 1.0 / rng.gamma(q, 1.0 / v, 6000)) / x)


def test_gamma_gamma_is_recovered() -> None:
    truth = {"p": 3.0, "q": 4.0, "v": 30.0}
    assert_near(fit_gamma_gamma(spent(**truth), AS_OF, LEAST), truth)


def test_customers_who_leave_alike_are_foreseen_all_the_same() -> None:
    """How much they differ cannot be told; when they will be gone can, and is near the truth."""
    rate, alpha, r = 1 / 100, 12.0, 1.2
    histories = drawn(8000, r=r, alpha=alpha, s=4000.0, beta=4000.0 / rate)
    fit = fit_pareto_nbd(histories, AS_OF, LEAST)
    assert fit.status == CONVERGED
    assert fit.reason is not None
    assert "held at 20" in fit.reason
    assert fit.vector is not None
    assert fit.vector[2] / fit.vector[3] == pytest.approx(rate, rel=0.05)
    truth = np.array([r, alpha, 4000.0, 4000.0 / rate])
    found = pareto_nbd.p_alive(fit.vector, histories)
    expected = pareto_nbd.p_alive(truth, histories)
    assert np.average(np.abs(found - expected), weights=histories.customers) < 0.02


@pytest.mark.parametrize(
    ("histories", "status"),
    [
        pytest.param(drawn(99, r=1, alpha=5, s=1, beta=20), "too_few_customers", id="99"),
        pytest.param(Histories.group([0] * 200, [0] * 200, range(200)), "too_few_repeat_buyers",
                     id="once"),
        pytest.param(Histories.group([1] * 200, range(1, 201), [300] * 200), "no_variation",
                     id="all-twice"),
        pytest.param(Histories.group([], [], []), "too_few_customers", id="nobody"),
    ],
)  # fmt: skip
def test_what_cannot_be_trusted_is_refused_with_a_reason(histories: Histories, status: str) -> None:
    for fit in (fit_bg_nbd(histories, AS_OF, LEAST), fit_pareto_nbd(histories, AS_OF, LEAST)):
        assert fit.status == status, fit
        assert fit.reason
        assert (fit.parameters, fit.standard_errors, fit.log_likelihood) == (None, None, None)


def test_where_nobody_leaves_nothing_is_said_of_leaving() -> None:
    histories = drawn(1500, days=500, r=1, alpha=10, s=1, beta=1e12)
    life, orders = (fit(histories, AS_OF, LEAST) for fit in (fit_pareto_nbd, fit_bg_nbd))
    assert (life.status, life.parameters) == ("no_dropout", None)
    # BG/NBD has a way out: nobody but a few who leave at once.
    assert orders.status in ("no_dropout", "at_bound")
    assert orders.parameters is None


@pytest.mark.parametrize(
    ("spends", "status"),
    [
        (Spends.of([1] * 29, np.arange(1, 30)), "too_few_repeat_buyers"),
        (Spends.of([1, 2] * 50, [9.99] * 100), "no_variation"),
        (spent(p=3.0, q=0.8, v=20.0), "infinite_mean_spend"),
        (Spends.of([3] * 500, np.random.default_rng(1).gamma(900, 1, 500)), "at_bound"),
    ],
    ids=["few", "equal", "heavy", "alike"],
)  # fmt: skip
def test_spending_that_has_no_mean_is_refused(spends: Spends, status: str) -> None:
    fit = fit_gamma_gamma(spends, AS_OF, LEAST)
    assert (fit.status, fit.parameters) == (status, None)


def test_order_of_customers_and_chance_change_no_digit() -> None:
    rng = np.random.default_rng(2)
    rows = np.stack(pareto_nbd_histories(rng, 1500, r=1, alpha=8, s=1, beta=30, days=700))
    other = rows[:, rng.permutation(1500)]
    for model in (fit_bg_nbd, fit_pareto_nbd):
        assert model(Histories.group(*rows), AS_OF, LEAST) == model(
            Histories.group(*other), AS_OF, LEAST
        )
    amounts = rng.gamma(3, 1 / rng.gamma(4, 1 / 30, 300))
    again = rng.permutation(300)
    assert fit_gamma_gamma(Spends.of([2] * 300, amounts), AS_OF, LEAST) == fit_gamma_gamma(
        Spends.of([2] * 300, amounts[again]), AS_OF, LEAST
    )
