"""What a fit says of itself: on whom it was made, whether it holds, and how likely it is."""

from __future__ import annotations

import json
import math

from scipy.special import gammaln

from tests.oracle.company import GIVEN, Fit, Row
from tests.oracle.facts import Facts
from tests.oracle.prediction import (
    Parameters,
    amounts_of,
    histories,
    log_likelihood_bg_nbd,
    log_likelihood_pareto_nbd,
)

# As the papers name them.
NAMES = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
    "gamma_gamma": ("p", "q", "v"),
}
LEAST_BUYERS, LEAST_REPEAT_BUYERS = 100, 30


def clv_fits(facts: Facts) -> dict[str, Row]:
    """clv_fits by model, of all buyers; Gamma-Gamma of who bought again for an amount above zero.

    A fit that has parameters converged, and they make what is known as likely as it says. Too few
    are refused for that; why else one is refused is told by no definition.
    """
    told = facts.of(histories)
    spends = [amounts for amounts in facts.of(amounts_of).values() if amounts]
    likelihoods = {"bg_nbd": log_likelihood_bg_nbd, "pareto_nbd": log_likelihood_pareto_nbd}
    result = {}
    for model, fit in facts.company.fits.items():
        likelihood: float | None = None
        if fit.parameters and model == "gamma_gamma":
            likelihood = math.fsum(
                log_likelihood_gamma_gamma(fit.parameters, amounts) for amounts in spends
            )
        elif fit.parameters:
            likelihood = math.fsum(
                likelihoods[model](fit.parameters, *history) for history in told.values()
            )
        customers = len(spends) if model == "gamma_gamma" else len(told)
        again = customers if model == "gamma_gamma" else sum(x > 0 for x, _, _ in told.values())
        result[model] = {
            "fit_id": fit.fit_id,
            "parameters": _by_name(model, fit.parameters),
            "standard_errors": _by_name(model, fit.errors),
            "reason": fit.reason,
            "customers": customers,
            "log_likelihood": likelihood,
            "status": _status(fit, customers if model != "gamma_gamma" else LEAST_BUYERS, again),
            "as_of": facts.company.as_of,
        }
    return result


def _by_name(model: str, values: Parameters | None) -> str | None:
    return json.dumps(dict(zip(NAMES[model], values, strict=True))) if values else None


def _status(fit: Fit, customers: int, again: int) -> str:
    if fit.status == GIVEN:
        return GIVEN
    if customers < LEAST_BUYERS:
        return "too_few_customers"
    if again < LEAST_REPEAT_BUYERS:
        return "too_few_repeat_buyers"
    refused = fit.parameters is None and not fit.status.startswith("too_few")
    return fit.status if refused else "converged"


def log_likelihood_gamma_gamma(parameters: Parameters, amounts: list[float]) -> float:
    """Of one customer's mean amount, by equation 1a of Fader and Hardie 2013."""
    p, q, v = parameters
    n = len(amounts)
    mean = sum(amounts) / n
    constants = gammaln(p * n + q) - gammaln(p * n) - gammaln(q)
    return float(
        constants
        + q * math.log(v)
        + (p * n - 1) * math.log(mean)
        + p * n * math.log(n)
        - (p * n + q) * math.log(v + n * mean)
    )
