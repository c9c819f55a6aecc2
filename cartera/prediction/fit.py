"""A fit of each model: its parameters, or why there are none.

What cannot be trusted is refused in words and scores nobody; nothing falls back to another model
or to an older fit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from cartera.prediction import bg_nbd, gamma_gamma, pareto_nbd
from cartera.prediction.gamma_gamma import Spends
from cartera.prediction.histories import DAYS_OF_A_WEEK, Floats, Histories
from cartera.prediction.maximise import Coordinates, Maximum, maximise, numeric_gradient

CONVERGED = "converged"
# Wider than any business, narrower than what a double can bear. Rates are per week.
SHAPE, RATE = (1e-3, 1e3), (1e-6, 1e2)
ALL_ALIKE = (
    "Customers leave so alike that by how much they differ cannot be told: {} is held at {}."
)
BG_NBD = Coordinates(
    ("r", "r/alpha", "a+b", "a/(a+b)"),
    (SHAPE, RATE, SHAPE, (1e-5, 0.999)),
    lambda c: [c[0], c[0] / c[1], c[2] * c[3], c[2] * (1.0 - c[3])],
    {"a+b": ALL_ALIKE.format("a+b", 1000)},
)
PARETO_NBD = Coordinates(
    ("r", "r/alpha", "s", "s/beta"),
    (SHAPE, RATE, (1e-3, 20.0), (1e-7, 1e2)),
    lambda c: [c[0], c[0] / c[1], c[2], c[2] / c[3]],
    {"s": ALL_ALIKE.format("s", 20)},
)
# Under these a model says no more than that nobody leaves.
LEAST_DROPOUT_PER_ORDER = 0.001
LEAST_DROPOUT_IN_ALL = 0.01
# A mean spend of all customers so far above what they spent comes from the tail, not from them.
MOST_MEAN_SPEND = 10.0
# Before a whole sample Pareto/NBD is fitted to every n-th group, to begin near the end.
GROUPS_TO_BEGIN_WITH = 4_000


@dataclass(frozen=True)
class Fit:
    """One model on one day. ``status`` is "converged" or what is wrong, and ``reason`` says it.

    A converged fit may have a reason too: what could not be told all the same.
    parameters and standard_errors (both by name) and log_likelihood are None unless converged.
    """

    model: str
    fit_id: str
    customers: int
    status: str
    reason: str | None = None
    parameters: dict[str, float] | None = None
    standard_errors: dict[str, float] | None = None
    log_likelihood: float | None = None

    @property
    def vector(self) -> Floats | None:
        """The parameters in the order of the model; None if it was refused."""
        return None if self.parameters is None else np.array(list(self.parameters.values()))


@dataclass(frozen=True)
class Least:
    """How many customers a fit needs, and how many of them who bought again."""

    customers: int = 100
    repeat_buyers: int = 30


def fit_bg_nbd(histories: Histories, as_of: date, least: Least) -> Fit:
    """BG/NBD of ``histories`` as of ``as_of``."""
    blank = _blank(bg_nbd.NAME, as_of, histories.total, _digest(histories))
    if refusal := _too_little(blank, histories, least):
        return refusal
    found = maximise(
        lambda parameters: bg_nbd.log_likelihood_and_gradient(parameters, histories),
        BG_NBD,
        np.array([1.0, 1.0 / _usual_gap(histories), 4.0, 0.25]),
        histories.total,
    )
    if found.coordinates[3] < LEAST_DROPOUT_PER_ORDER:
        return _refuse(blank, "no_dropout", "Next to nobody seems to leave after an order.")
    return _judged(blank, bg_nbd.PARAMETERS, found)


def fit_pareto_nbd(histories: Histories, as_of: date, least: Least) -> Fit:
    """Pareto/NBD of ``histories`` as of ``as_of``."""
    blank = _blank(pareto_nbd.NAME, as_of, histories.total, _digest(histories))
    if refusal := _too_little(blank, histories, least):
        return refusal
    gap = _usual_gap(histories)
    start = np.array([1.0, 1.0 / gap, 1.0, 0.1 / gap])
    thin = len(histories.x) // GROUPS_TO_BEGIN_WITH
    if thin > 1:
        parts = (histories.x, histories.recency, histories.age, histories.customers)
        few = Histories(*(part[::thin] for part in parts))
        start = _search_pareto_nbd(few, start, exact=False).coordinates
    found = _search_pareto_nbd(histories, start)
    _, _, s, beta = found.parameters
    oldest = histories.age.max() / DAYS_OF_A_WEEK
    if -np.expm1(-s * np.log1p(oldest / beta)) < LEAST_DROPOUT_IN_ALL:
        return _refuse(blank, "no_dropout", "Next to nobody seems to leave.")
    return _judged(blank, pareto_nbd.PARAMETERS, found)


def fit_gamma_gamma(spends: Spends, as_of: date, least: Least) -> Fit:
    """Gamma-Gamma of ``spends``: of customers who bought again for an amount above zero."""
    digest = hashlib.sha256(spends.x.tobytes() + spends.mean.tobytes()).hexdigest()
    blank = _blank(gamma_gamma.NAME, as_of, spends.total, digest)
    if spends.total < least.repeat_buyers:
        return _refuse(
            blank,
            "too_few_repeat_buyers",
            f"{spends.total:,} customers bought again for an amount above zero; "
            f"it takes {least.repeat_buyers:,}.",
        )
    if np.ptp(spends.mean) <= 1e-9 * spends.mean.max():
        return _refuse(blank, "no_variation", "All customers spend the same.")
    observed = float(np.average(spends.mean, weights=spends.x))
    found = maximise(
        lambda parameters: gamma_gamma.log_likelihood_and_gradient(parameters, spends),
        Coordinates(
            gamma_gamma.PARAMETERS, (SHAPE, SHAPE, (1e-6 * observed, 1e6 * observed)), list
        ),
        np.array([3.0, 3.0, observed]),
        spends.total,
    )
    if found.status == CONVERGED and (
        found.parameters[1] <= 1.0
        or gamma_gamma.mean_spend(found.parameters) > MOST_MEAN_SPEND * observed
    ):
        return _refuse(
            blank,
            "infinite_mean_spend",
            f"Spending is so uneven (q = {found.parameters[1]:.3g}) that its mean has no end.",
        )
    return _judged(blank, gamma_gamma.PARAMETERS, found)


def _search_pareto_nbd(histories: Histories, start: Floats, *, exact: bool = True) -> Maximum:
    return maximise(
        numeric_gradient(lambda parameters: pareto_nbd.log_likelihood(parameters, histories)),
        PARETO_NBD,
        start,
        histories.total,
        exact=exact,
    )


def _usual_gap(histories: Histories) -> float:
    """Weeks from one purchase to the next, of those who bought again."""
    purchases = float(histories.customers @ histories.x)
    days = float(histories.customers @ histories.recency)
    return max(days / purchases / DAYS_OF_A_WEEK, 0.1)


def _too_little(blank: Fit, histories: Histories, least: Least) -> Fit | None:
    if histories.total < least.customers:
        return _refuse(
            blank,
            "too_few_customers",
            f"{histories.total:,} customers bought; it takes {least.customers:,}.",
        )
    if histories.repeat_buyers < least.repeat_buyers:
        return _refuse(
            blank,
            "too_few_repeat_buyers",
            f"{histories.repeat_buyers:,} customers bought again; it takes "
            f"{least.repeat_buyers:,}.",
        )
    if np.ptp(histories.x) == 0:
        return _refuse(blank, "no_variation", "All customers bought equally often.")
    return None


def _digest(histories: Histories) -> str:
    parts = (histories.x, histories.recency, histories.age, histories.customers)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def _blank(model: str, as_of: date, customers: int, digest: str) -> Fit:
    return Fit(model, f"{model}-{as_of.isoformat()}-{digest[:8]}", customers, "")


def _refuse(blank: Fit, status: str, reason: str) -> Fit:
    return replace(blank, status=status, reason=reason)


def _judged(blank: Fit, names: tuple[str, ...], found: Maximum) -> Fit:
    if found.status != CONVERGED or found.standard_errors is None:
        return replace(blank, status=found.status, reason=found.reason)
    return replace(
        blank,
        status=CONVERGED,
        reason=found.reason,
        parameters=dict(zip(names, map(float, found.parameters), strict=True)),
        standard_errors=dict(zip(names, map(float, found.standard_errors), strict=True)),
        log_likelihood=found.log_likelihood,
    )
