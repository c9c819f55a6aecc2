"""Pareto/NBD: who is still there, and the chance that nobody hears of a customer again.

While alive a customer buys at random at a rate of their own, Gamma(r, alpha) over customers; each
dies at a rate of their own, Gamma(s, beta). Schmittlein, Morrison & Colombo (1987); in the form of
Fader & Hardie, "A Note on Deriving the Pareto/NBD Model and Related Expressions" (2005).

With B(u) = (alpha+u)^-(r+x) (beta+u)^-s and H(u) = (r+s+x) times the integral from u on of
(alpha+y)^-(r+x) (beta+y)^-(s+1), the likelihood of a history is, but for a factor,

    B(T) + s/(r+s+x) (H(t_x) - H(T))

alive at T, or dead between the last purchase and T. H is a 2F1 that under- and overflows as it
is written in the papers; by Euler's transformation it is B (or its like) times a 2F1(1, .; .; z)
whose terms are all positive and which lies between 1 and 1/(1-z). All is kept as logarithms.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, hyp2f1

from cartera.prediction.histories import Cells, Floats, Histories, Integers

NAME = "pareto_nbd"
PARAMETERS = ("r", "alpha", "s", "beta")
NODES = np.linspace(-4.0, 5.0, 140)


def log_likelihood(parameters: Floats, histories: Histories) -> float:
    """Of all customers together."""
    r, alpha, s, beta = parameters
    x = histories.by_age.x
    constants = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    alive, gone = _alive_and_gone(parameters, histories)
    each = constants[histories.by_age.of_group] + np.logaddexp(alive, gone)
    return float(histories.customers @ each)


def log_alive(parameters: Floats, cells: Cells) -> Floats:
    """ln B: of having made x purchases and being alive then."""
    return _log_alive(parameters, cells.x, cells.weeks)


def log_gone(parameters: Floats, cells: Cells) -> Floats:
    """ln of s/(r+s+x) H: of having made x purchases and dying after then."""
    points = cells.points
    tail = cells.points.spread(_log_tail(parameters, points.x, points.weeks))
    r, _, s, _ = parameters
    return np.asarray(np.log(s / (r + s + cells.x)) + log_alive(parameters, cells) + tail)


def p_alive(parameters: Floats, histories: Histories) -> Floats:
    """Of each group: the probability of being alive at the end of the data."""
    alive, gone = _alive_and_gone(parameters, histories)
    return np.asarray(np.exp(alive - np.logaddexp(alive, gone)))


def no_order(parameters: Floats, cells: Cells, days: int) -> Floats:
    """P(no order within ``days`` from now), given alive now, of each (x, T)."""
    end = cells.later(days)
    gone = _log_between(log_gone(parameters, cells), log_gone(parameters, end))
    silent = np.logaddexp(log_alive(parameters, end), gone)
    return np.asarray(np.minimum(np.exp(silent - log_alive(parameters, cells)), 1.0))


def expected_orders(parameters: Floats, cells: Cells, weeks: float) -> Floats:
    """Orders expected within ``weeks`` from now, given alive now, of each (x, T)."""
    r, alpha, s, beta = map(float, parameters)
    lasts = np.log1p(weeks / (beta + cells.weeks))
    lived = lasts if s == 1.0 else -np.expm1(-(s - 1.0) * lasts) / (s - 1.0)
    return np.asarray((r + cells.x) * (beta + cells.weeks) / (alpha + cells.weeks) * lived)


def _alive_and_gone(parameters: Floats, histories: Histories) -> tuple[Floats, Floats]:
    """Of each group, ln of B(T) and of what stands after it in the likelihood."""
    recency, age = histories.by_recency, histories.by_age
    gone = _log_between(
        log_gone(parameters, recency)[recency.of_group], log_gone(parameters, age)[age.of_group]
    )
    return log_alive(parameters, age)[age.of_group], gone


def _log_alive(parameters: Floats, x: Integers, weeks: Floats) -> Floats:
    r, alpha, s, beta = parameters
    return np.asarray(-(r + x) * np.log(alpha + weeks) - s * np.log(beta + weeks))


def _log_tail(parameters: Floats, x: Integers, weeks: Floats) -> Floats:
    """ln of H over B."""
    r, alpha, s, beta = parameters
    a = r + s + x
    if alpha >= beta:
        return np.asarray(np.log(_series(r + x, a, (beta + weeks) / (alpha + weeks))))
    rest = (alpha + weeks) / (beta + weeks)
    return np.asarray(np.log(_series(np.full(len(x), s + 1.0), a, rest)) + np.log(rest))


def _series(b: Floats, a: Floats, rest: Floats) -> Floats:
    """2F1(1, b; a+1; 1-rest), for b up to a+1: between 1 and 1/rest.

    scipy gives no number, or a wrong one, for some large b near rest = 0. There it is integrated:
    a times that of exp(-a w) (rest + (1-rest) exp(-w))^-b over w from 0, with double exponential
    nodes.
    """
    values = hyp2f1(1.0, b, a + 1.0, 1.0 - rest)
    with np.errstate(invalid="ignore"):
        wrong = ~((values >= 1.0 - 1e-12) & (values * rest <= 1.0 + 1e-12))
    if wrong.any():
        b, a, rest = (part[wrong, None] for part in (b, a, rest))
        # It falls off at the rate a - b at first, at the rate a once exp(-w) is under rest.
        turn = np.log1p(1.0 / rest)
        scale = np.where(a - b > 1.0 / turn, 1.0 / np.maximum(a - b, 1e-9), turn)
        w = np.exp(NODES - np.exp(-NODES)) * scale
        width = w * (1.0 + np.exp(-NODES)) * (NODES[1] - NODES[0])
        log_values = -a * w - b * np.log(rest + (1.0 - rest) * np.exp(-w))
        values[wrong] = (a * width * np.exp(log_values)).sum(axis=1)
    return np.asarray(values)


def _log_between(early: Floats, late: Floats) -> Floats:
    """ln(exp(early) - exp(late)), -inf where the two are equal."""
    with np.errstate(divide="ignore"):
        return np.asarray(early + np.log(-np.expm1(np.minimum(late - early, 0.0))))
