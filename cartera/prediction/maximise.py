"""Maximum likelihood, and the verdict on what came of it.

A model is searched in the logarithms of coordinates that the data know one by one (how fast
customers leave, and how much they differ in it), with the likelihood per customer, so that one
tolerance suits every model and size. A maximum counts only if it is one: inside the bounds,
with no slope left, and curved enough in every direction to tell the parameters apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from cartera.prediction.histories import Floats

# Of the slope of the likelihood per customer, by the logarithms: less than this is none.
FLAT = 1e-5
# A standard error of a logarithm above this leaves the parameter open by a factor of twenty.
OPEN = 3.0
STEP = 1e-5
AT_BOUND = 1e-3

ValueAndGradient = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True)
class Coordinates:
    """In what a model is searched: numbers above zero that mean something each on its own.

    bounds are in the order of names. ``ceilings`` names those whose upper bound stands for
    "customers do not differ": to end there is a result, and the reason says so.
    ``native`` makes the model's parameters of them, by plain arithmetic.
    """

    names: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    native: Callable[[Any], list[Any]]
    ceilings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Maximum:
    """Where the search ended. status is "converged", or says why it is no maximum to build on."""

    coordinates: Floats
    parameters: Floats
    standard_errors: Floats | None
    log_likelihood: float
    status: str
    reason: str | None


def maximise(
    function: ValueAndGradient,
    space: Coordinates,
    start: Floats,
    customers: int,
    *,
    exact: bool = True,
) -> Maximum:
    """The maximum of ``function``, a log-likelihood of ``customers`` and its gradient.

    ``function`` takes the model's parameters, ``start`` is in ``space``. Not ``exact``, it
    ends near the maximum, as a place to start from.
    """

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters, turn = _native(space, logs)
        value, gradient = function(parameters)
        return -value / customers, -(gradient @ turn) / customers

    limits = np.log(np.array(space.bounds))
    found = minimize(
        loss,
        np.clip(np.log(start), limits[:, 0], limits[:, 1]),
        jac=True,
        method="L-BFGS-B",
        bounds=limits,
        options={
            "ftol": 1e-13 if exact else 1e-9,
            "gtol": 1e-7 if exact else 1e-5,
            "maxiter": 500,
            "maxls": 20,
        },
    )
    logs = found.x
    value, slope = loss(logs)
    parameters, turn = _native(space, logs)
    near = np.abs(limits - logs[:, None]) < AT_BOUND
    held = np.array([name in space.ceilings for name in space.names]) & near[:, 1]
    covariance, widest = _covariance(loss, logs, slope, ~held, customers) if exact else (None, 0.0)
    errors = None if covariance is None else np.sqrt(np.diag(turn @ covariance @ turn.T))
    status, reason = "converged", None
    if not (np.isfinite(value) and np.isfinite(slope).all()):
        status, reason = "not_converged", "The likelihood of these data could not be computed."
    elif (stuck := near.any(axis=1) & ~held).any():
        status = "at_bound"
        ends = ", ".join(f"{space.names[i]} = {np.exp(logs[i]):.3g}" for i in np.flatnonzero(stuck))
        reason = f"The search ran into a limit ({ends}): the data do not bound it."
    elif (steepest := np.abs(slope[~held]).max()) > FLAT:
        status = "not_converged"
        reason = f"The search stopped on a slope of {steepest:.1e} per customer."
    elif errors is None or widest > OPEN:
        status = "not_identifiable"
        reason = "Very different parameters explain these data as well."
    elif held.any():
        reason = " ".join(space.ceilings[space.names[i]] for i in np.flatnonzero(held))
    return Maximum(np.exp(logs), parameters, errors, -value * customers, status, reason)


def numeric_gradient(function: Callable[[Floats], float]) -> ValueAndGradient:
    """``function`` with its gradient by central differences of the logarithms."""

    def both(parameters: Floats) -> tuple[float, Floats]:
        logs = np.log(parameters)
        slopes = []
        for step in np.eye(len(logs)) * STEP:
            rise = function(np.exp(logs + step)) - function(np.exp(logs - step))
            slopes.append(rise / (2 * STEP))
        return function(parameters), np.array(slopes) / parameters

    return both


def _native(space: Coordinates, logs: Floats) -> tuple[Floats, Floats]:
    """The model's parameters, and what each of them gains by each logarithm."""
    small = 1e-30
    ways = [space.native(np.exp(logs + 1j * step)) for step in np.eye(len(logs)) * small]
    parameters = np.array(space.native(np.exp(logs)))
    return parameters, np.imag(np.array(ways)).T / small


def _covariance(
    loss: ValueAndGradient, logs: Floats, slope: Floats, free: NDArray[np.bool_], customers: int
) -> tuple[Floats | None, float]:
    """Of the logarithms that are ``free``, zero for the others, and the widest standard error.

    None where the likelihood does not fall off in every direction.
    """
    width = 1e-4
    rows = [(loss(logs + step)[1] - slope) / width for step in np.eye(len(logs))[free] * width]
    curvature = np.array(rows)[:, free] * customers
    if not np.isfinite(curvature).all():
        return None, np.inf
    sizes, directions = np.linalg.eigh((curvature + curvature.T) / 2)
    if sizes[0] <= 0:
        return None, np.inf
    covariance = np.zeros((len(logs), len(logs)))
    covariance[np.ix_(free, free)] = (directions / sizes) @ directions.T
    return covariance, float(1 / np.sqrt(sizes[0]))
