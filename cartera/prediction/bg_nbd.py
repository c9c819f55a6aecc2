"""BG/NBD: how many orders to expect.

As Pareto/NBD, but a customer may leave only right after a purchase, each with a probability of
their own, Beta(a, b) over customers. Fader, Hardie & Lee, "Counting Your Customers the Easy Way"
(Marketing Science 24, 2005). By construction a customer who bought once is alive for certain.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from cartera.prediction.histories import Cells, Floats, Histories, Integers

NAME = "bg_nbd"
PARAMETERS = ("r", "alpha", "a", "b")


def log_likelihood(parameters: Floats, histories: Histories) -> float:
    """Of all customers together."""
    return log_likelihood_and_gradient(parameters, histories)[0]


def log_likelihood_and_gradient(parameters: Floats, histories: Histories) -> tuple[float, Floats]:
    """The log-likelihood of all customers, and its gradient by r, alpha, a and b."""
    r, alpha, a, b = parameters
    x, of_recency, of_age = histories.x, histories.by_recency, histories.by_age
    n = histories.customers
    recency, age = of_recency.weeks, of_age.weeks
    leaving = log_leaving(parameters, of_recency.x, recency)[of_recency.of_group]
    staying = (-(r + of_age.x) * np.log(alpha + age))[of_age.of_group]
    with np.errstate(invalid="ignore"):
        gone = np.where(x > 0, expit(leaving - staying), 0.0)
    counts, of_x = np.unique(x, return_inverse=True)
    constants = (
        gammaln(r + counts) - gammaln(r) + r * np.log(alpha)
        + betaln(a, b + counts) - betaln(a, b)
    )  # fmt: skip
    value = n @ (constants[of_x] + np.logaddexp(staying, leaving))

    by_r = (digamma(r + counts) - digamma(r) + np.log(alpha))[of_x]
    late = np.log(alpha + age)[of_age.of_group]
    early = np.log(alpha + recency)[of_recency.of_group]
    by_r = by_r - (1.0 - gone) * late - gone * early
    by_alpha = r / alpha - (r + x) * (
        (1.0 - gone) * (1.0 / (alpha + age))[of_age.of_group]
        + gone * (1.0 / (alpha + recency))[of_recency.of_group]
    )
    common = digamma(a + b) - digamma(a + b + counts)
    by_a = common[of_x] + gone / a
    last = np.where(x > 0, b + x - 1.0, 1.0)
    by_b = (common + digamma(b + counts) - digamma(b))[of_x] - gone / last
    return float(value), np.array([n @ by_r, n @ by_alpha, n @ by_a, n @ by_b])


def log_leaving(parameters: Floats, x: Integers, weeks: Floats) -> Floats:
    """ln of having left right after the last purchase, at t_x = ``weeks``; -inf where x is 0."""
    r, alpha, a, b = parameters
    last = np.where(x > 0, b + x - 1.0, 1.0)
    gone = np.log(a / last) - (r + x) * np.log(alpha + weeks)
    return np.where(x > 0, gone, -np.inf)


def p_alive(parameters: Floats, histories: Histories) -> Floats:
    """Of each group: the probability of being alive at the end of the data."""
    r, alpha, _, _ = parameters
    cells, age = histories.by_recency, histories.by_age
    leaving = log_leaving(parameters, cells.x, cells.weeks)[cells.of_group]
    staying = (-(r + age.x) * np.log(alpha + age.weeks))[age.of_group]
    return np.asarray(expit(staying - leaving))


def expected_orders(parameters: Floats, cells: Cells, weeks: float) -> Floats:
    """Orders expected within ``weeks`` from now, given alive now, of each (x, T).

    The paper's 2F1(r+x, b+x; a+b+x-1; z) overflows; by Euler's transformation it is
    (1-z)^(a-1-r-x) times the one below, whose own parameters do not grow with x.
    """
    r, alpha, a, b = parameters
    if abs(a - 1.0) < 1e-5:
        # Nothing is wrong at a = 1 but the formula: zero over zero. From both sides.
        sides = [np.array([r, alpha, 1.0 + step, b]) for step in (-2e-5, 2e-5)]
        below, above = (expected_orders(side, cells, weeks) for side in sides)
        return (below + above) / 2.0
    c = a + b + cells.x - 1.0
    z = weeks / (alpha + cells.weeks + weeks)
    silent = np.exp((a - 1.0) * np.log1p(-z)) * hyp2f1(a + b - 1.0 - r, a - 1.0, c, z)
    return np.asarray(c / (a - 1.0) * (1.0 - silent))
