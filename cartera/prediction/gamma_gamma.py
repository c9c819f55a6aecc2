"""Gamma-Gamma: what a customer's next order is worth, whatever their number.

Amounts of a customer are Gamma(p, nu), and nu is Gamma(q, v) over customers. Fader, Hardie & Lee,
"RFM and CLV: Using Iso-Value Curves for Customer Base Analysis" (Journal of Marketing Research
42, 2005); Fader & Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from cartera.prediction.histories import Floats, Integers

NAME = "gamma_gamma"
PARAMETERS = ("p", "q", "v")


@dataclass(frozen=True)
class Spends:
    """One row per customer: over how many purchases, at least one, what mean, above zero."""

    x: Integers
    mean: Floats

    @classmethod
    def of(cls, x: ArrayLike, mean: ArrayLike) -> Spends:
        """Sorted, so that the order of customers changes no digit."""
        counts, means = np.asarray(x, dtype=np.int64), np.asarray(mean, dtype=np.float64)
        if (counts < 1).any() or not (means > 0).all():
            raise ValueError("A mean spend needs at least one purchase and an amount above zero.")
        order = np.lexsort((means, counts))
        return cls(counts[order], means[order])

    @property
    def total(self) -> int:
        """How many customers there are."""
        return len(self.x)


def log_likelihood(parameters: Floats, spends: Spends) -> float:
    """Of all customers together."""
    return log_likelihood_and_gradient(parameters, spends)[0]


def log_likelihood_and_gradient(parameters: Floats, spends: Spends) -> tuple[float, Floats]:
    """The log-likelihood of all customers, and its gradient by p, q and v."""
    p, q, v = parameters
    counts, of_x = np.unique(spends.x, return_inverse=True)
    shape = p * counts
    constants = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + shape * np.log(counts)
    )
    mass = p * spends.x
    spent = v + spends.x * spends.mean
    log_mean, log_spent = np.log(spends.mean), np.log(spent)
    value = np.sum(constants[of_x] + (mass - 1.0) * log_mean - (mass + q) * log_spent)
    both = digamma(shape + q)
    by_p = counts * (both - digamma(shape) + np.log(counts))
    by_p = by_p[of_x] + spends.x * (log_mean - log_spent)
    by_q = (both - digamma(q) + np.log(v))[of_x] - log_spent
    by_v = q / v - (mass + q) / spent
    return float(value), np.array([by_p.sum(), by_q.sum(), by_v.sum()])


def mean_spend(parameters: Floats) -> float:
    """Of the next order of a customer of whom nothing is known; needs q above 1."""
    p, q, v = parameters
    return float(v * p / (q - 1.0))
