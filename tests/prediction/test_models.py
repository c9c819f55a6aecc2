"""Each model against its own definition: integrals, differences, and what must always hold."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import betaln, expit, gammaln

from cartera.prediction import bg_nbd, gamma_gamma, pareto_nbd
from cartera.prediction.gamma_gamma import Spends
from cartera.prediction.histories import Cells, Histories
from tests.prediction.simulation import pareto_nbd_histories

SHAPES = st.floats(0.05, 20)
WEEKS = st.floats(0.5, 500)
PARAMETERS = st.tuples(SHAPES, WEEKS, SHAPES, WEEKS).map(np.array)
BG_PARAMETERS = st.tuples(SHAPES, WEEKS, SHAPES, SHAPES).map(np.array)


@st.composite
def history(draw: Any) -> tuple[int, int, int]:
    """x, t_x and T in days, of somebody who may have existed."""
    age = draw(st.integers(0, 3650))
    recency = draw(st.integers(0, age))
    x = draw(st.integers(1, min(recency, 400))) if recency else 0
    return x, recency, age


def one(row: tuple[int, int, int]) -> Histories:
    return Histories.group(*([value] for value in row))


def cells(x: int, days: int) -> Cells:
    return Cells(np.array([x]), np.array([days]), np.array([0]))


@given(PARAMETERS, history())
def test_pareto_nbd_is_its_integral(parameters: np.ndarray, row: tuple[int, int, int]) -> None:
    """Without a 2F1: over the moment of death, in units of the value at its beginning."""
    r, alpha, s, beta = parameters
    x, recency, age = row[0], row[1] / 7, row[2] / 7

    def log_density(y: float) -> float:
        return float(-(r + x) * np.log(alpha + y) - (s + 1) * np.log(beta + y))

    top = log_density(recency)
    # ln(alpha + y) as variable, so that a steep fall is not missed.
    low, high = np.log(alpha + recency), np.log(alpha + age)
    dead = quad(
        lambda w: np.exp(log_density(np.exp(w) - alpha) - top + w),
        low, high, epsabs=0, epsrel=1e-11, limit=400,
        points=[low + (high - low) * f for f in (1e-4, 1e-3, 1e-2, 0.1)],
    )[0]  # fmt: skip
    alive = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    with np.errstate(divide="ignore"):
        both = np.logaddexp(alive, np.log(s) + top + np.log(dead))
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    found = pareto_nbd.log_likelihood(parameters, one(row))
    assert found == pytest.approx(constant + both, rel=1e-9, abs=1e-8)
    assert pareto_nbd.p_alive(parameters, one(row))[0] == pytest.approx(
        np.exp(alive - both), abs=1e-7
    )


@given(BG_PARAMETERS, history(), st.integers(1, 1000))
def test_bg_nbd_expects_what_its_integral_does(
    parameters: np.ndarray, row: tuple[int, int, int], days: int
) -> None:
    """Of who is alive the dropout is Beta(a, b+x) and the rate Gamma(r+x, alpha+T)."""
    r, alpha, a, b = parameters
    x, age, weeks = row[0], row[2] / 7, days / 7

    def orders(dropout: float) -> float:
        fall = -(r + x) * np.log1p(dropout * weeks / (alpha + age))
        return float(-np.expm1(fall) / dropout)

    # Over the logit of the dropout, in which both ends fall off.
    k = b + x

    def density(logit: float) -> float:
        dropout = float(expit(logit))
        log = -a * np.logaddexp(0, -logit) - k * np.logaddexp(0, logit) - betaln(a, k)
        return float(np.exp(log)) * orders(max(dropout, 1e-300))

    peak = float(np.log(a / k))
    ends = (peak - 40 / min(a, 1.0) - 10, peak + 40 / min(k, 1.0) + 10)
    near = [peak + step for step in (-9, -3, -1, 0, 1, 3, 9)]
    expected = quad(density, *ends, points=near, epsabs=0, epsrel=1e-10, limit=500)[0]
    found = bg_nbd.expected_orders(parameters, cells(x, row[2]), weeks)[0]
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)


@given(PARAMETERS, BG_PARAMETERS, history())
def test_probabilities_are_probabilities_and_fall_with_silence(
    life: np.ndarray, orders: np.ndarray, row: tuple[int, int, int]
) -> None:
    x, recency, age = row
    for model, parameters in ((pareto_nbd, life), (bg_nbd, orders)):
        now = model.p_alive(parameters, one(row))[0]
        later = model.p_alive(parameters, one((x, recency, age + 30)))[0]
        assert 0 <= later <= now + 1e-9 <= 1 + 2e-9
        if recency == age and model is pareto_nbd:
            assert now == 1.0
    silent = [pareto_nbd.no_order(life, cells(x, age), days)[0] for days in (1, 30, 365, 3650)]
    assert all(0 <= late <= early + 1e-9 for early, late in pairwise(silent))
    assert silent[0] <= 1


@given(PARAMETERS, history(), st.integers(1, 400), st.integers(1, 400))
def test_expected_orders_add_up_over_the_horizon(
    parameters: np.ndarray, row: tuple[int, int, int], first: int, then: int
) -> None:
    """Those of a then b days are those of a days and, if still alive, of b days from there."""
    x, _, age = row
    _, alpha, s, beta = parameters
    now, later = cells(x, age), cells(x, age + first)
    whole = pareto_nbd.expected_orders(parameters, now, (first + then) / 7)[0]
    part = pareto_nbd.expected_orders(parameters, now, first / 7)[0]
    # Rates and deaths are independent given alive: the rate stays that of now.
    survives = ((beta + age / 7) / (beta + (age + first) / 7)) ** s
    rest = pareto_nbd.expected_orders(parameters, later, then / 7)[0]
    rest *= (alpha + (age + first) / 7) / (alpha + age / 7)
    assert whole == pytest.approx(part + survives * rest, rel=1e-9)


@given(st.tuples(SHAPES, WEEKS, st.floats(1 - 1e-4, 1 + 1e-4), SHAPES).map(np.array), history())
def test_nothing_happens_where_a_is_one(parameters: np.ndarray, row: tuple[int, int, int]) -> None:
    """The formula divides by a - 1, the expectation does not."""
    found = bg_nbd.expected_orders(parameters, cells(row[0], row[2]), 52)[0]
    sides = [
        bg_nbd.expected_orders(parameters + np.array([0, 0, step, 0]), cells(row[0], row[2]), 52)[0]
        for step in (-1e-2, 1e-2)
    ]
    assert found == pytest.approx(sum(sides) / 2, rel=1e-3)


def some_histories() -> Histories:
    rng = np.random.default_rng(5)
    return Histories.group(
        *pareto_nbd_histories(rng, 3000, r=0.8, alpha=5, s=0.7, beta=15, days=700)
    )


@pytest.mark.parametrize("parameters", [(0.5, 8.0, 0.9, 2.0), (3.0, 0.4, 5.0, 0.3)])
def test_gradients_are_those_of_finite_differences(parameters: tuple[float, ...]) -> None:
    histories, at = some_histories(), np.array(parameters)
    _, found = bg_nbd.log_likelihood_and_gradient(at, histories)
    slope = approx_fprime(at, lambda p: bg_nbd.log_likelihood(p, histories), 1e-7)
    assert found == pytest.approx(slope, rel=1e-3, abs=0.5)
    rng = np.random.default_rng(5)
    spends = Spends.of(rng.integers(1, 9, 500), rng.gamma(3, 20, 500))
    _, found = gamma_gamma.log_likelihood_and_gradient(at[:3], spends)
    slope = approx_fprime(at[:3], lambda p: gamma_gamma.log_likelihood(p, spends), 1e-7)
    assert found == pytest.approx(slope, rel=1e-3, abs=0.5)


@given(PARAMETERS)
def test_many_times_of_one_x_are_each_as_if_alone(parameters: np.ndarray) -> None:
    """Interpolated or not, a history has the same likelihood."""
    x = np.repeat([0, 1, 7, 60], 200)
    days = np.concatenate([np.arange(0, 1000, 5), *([np.arange(60, 3060, 15)] * 3)])
    many = pareto_nbd.log_gone(parameters, Cells(x, days, np.arange(len(x))))
    some = slice(None, None, 37)
    alone = pareto_nbd.log_gone(parameters, Cells(x[some], days[some], np.arange(len(x[some]))))
    assert many[some] == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("row", [(1, 0, 9), (2, 1, 9), (0, 3, 9), (1, 9, 8), (-1, 0, 0)])
def test_what_nobody_can_have_done_is_refused(row: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="Not a purchase history"):
        one(row)
