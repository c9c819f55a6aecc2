"""Scores of buyers from given parameters, by the formulas as their authors published them.

BG/NBD: Fader, Hardie and Lee 2005, equation 10. Pareto/NBD: Schmittlein, Morrison and Colombo
1987 as Fader and Hardie 2005 write it. Gamma-Gamma: Fader and Hardie 2013. Times are in weeks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from scipy.special import gammaln, hyp2f1

from tests.oracle.company import Fit, Row, cents
from tests.oracle.facts import Facts

HORIZON_DAYS = 365
DISCOUNT_RATE = 0.10
Parameters = tuple[float, ...]


def customer_clv(facts: Facts) -> dict[str, Row]:
    """customer_clv by customer."""
    amounts = facts.of(amounts_of)
    return {
        customer: {
            "repeat_purchases": x,
            "recency_weeks": t_x,
            "age_weeks": age,
            **_scores(facts.company.fits, x, t_x, age, amounts[customer]),
        }
        for customer, (x, t_x, age) in facts.of(histories).items()
    }


def purchases(facts: Facts) -> dict[str, dict[date, list[Decimal | None]]]:
    """By buyer, each day with an order that was kept, and what its orders brought."""
    days: dict[str, dict[date, list[Decimal | None]]] = {}
    for customer, orders in facts.kept_by_customer.items():
        own = days.setdefault(customer, defaultdict(list))
        for order in orders:
            own[order["order_date"]].append(order["net_revenue"])
    return days


def histories(facts: Facts) -> dict[str, tuple[int, float, float]]:
    """By buyer x, t_x and T: a purchase is a day."""
    last_day = facts.company.as_of - timedelta(days=1)
    return {
        customer: (
            len(days) - 1,
            (max(days) - min(days)).days / 7,
            (last_day - min(days)).days / 7,
        )
        for customer, days in facts.of(purchases).items()
    }


def amounts_of(facts: Facts) -> dict[str, list[float]]:
    """By buyer the amounts of the repeat purchases, as BG/NBD counts these, for Gamma-Gamma.

    A day's amount is the sum of its orders'; one that is unknown in part or not above zero is no
    amount.
    """
    return {
        customer: [
            float(sum(spent, Decimal(0)))
            for day, spent in days.items()
            if day != min(days) and None not in spent and sum(spent) > 0
        ]
        for customer, days in facts.of(purchases).items()
    }


def _scores(fits: Mapping[str, Fit], x: int, t_x: float, age: float, amounts: list[float]) -> Row:
    """What the fits say of a history; a fit that was refused says nothing."""
    orders, life, spend = (fits[name] for name in ("bg_nbd", "pareto_nbd", "gamma_gamma"))
    scores: Row = dict.fromkeys(
        ("p_alive", "expected_orders", "expected_order_value", "clv", "churn_risk")
    )
    scores |= {"fit_id": orders.fit_id, "life_fit_id": life.fit_id, "spend_fit_id": spend.fit_id}
    if orders.parameters:
        weeks = HORIZON_DAYS / 7
        scores["expected_orders"] = expected_orders(orders.parameters, x, t_x, age, weeks)
    if life.parameters:
        scores["p_alive"] = p_alive(life.parameters, x, t_x, age)
        scores["churn_risk"] = no_order(life.parameters, x, t_x, age, HORIZON_DAYS / 7)
    if spend.parameters:
        value = next_amount(spend.parameters, amounts)
        scores["expected_order_value"] = cents(Decimal(value))
        if orders.parameters:
            number = discounted_orders(orders.parameters, x, t_x, age)
            scores["clv"] = cents(Decimal(value * number))
    return scores


def expected_orders(parameters: Parameters, x: int, t_x: float, age: float, weeks: float) -> float:
    """BG/NBD: purchases expected in the next ``weeks``."""
    r, alpha, a, b = parameters
    left = ((alpha + age) / (alpha + age + weeks)) ** (r + x)
    z = weeks / (alpha + age + weeks)
    alive = (a + b + x - 1) / (a - 1) * (1 - left * hyp2f1(r + x, b + x, a + b + x - 1, z))
    gone = a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x) if x else 0.0
    return float(alive / (1 + gone))


def discounted_orders(parameters: Parameters, x: int, t_x: float, age: float) -> float:
    """Purchases of each of the twelve months, discounted to today from its end.

    METRICS compounds monthly and does not say when in a month an amount comes.
    """
    total, before = 0.0, 0.0
    for month in range(1, 13):
        until = expected_orders(parameters, x, t_x, age, month * HORIZON_DAYS / 12 / 7)
        total += (until - before) / (1 + DISCOUNT_RATE / 12) ** month
        before = until
    return total


def p_alive(parameters: Parameters, x: int, t_x: float, age: float) -> float:
    """Pareto/NBD: that the customer has not left."""
    r, alpha, s, beta = parameters
    living = -(r + x) * math.log(alpha + age) - s * math.log(beta + age)
    return math.exp(living - _log_likelihood(parameters, x, t_x, age))


def no_order(parameters: Parameters, x: int, t_x: float, age: float, weeks: float) -> float:
    """Pareto/NBD: that no purchase comes in the next ``weeks``.

    Then the customer's history at their end is (x, t_x, age + weeks): one likelihood over another.
    """
    return math.exp(
        _log_likelihood(parameters, x, t_x, age + weeks) - _log_likelihood(parameters, x, t_x, age)
    )


def _log_likelihood(parameters: Parameters, x: int, t_x: float, age: float) -> float:
    """Without the factors that x and the parameters alone make."""
    r, alpha, s, beta = parameters
    n = r + s + x
    most, second = (alpha, s + 1) if alpha >= beta else (beta, r + x)

    def integral(weeks: float) -> float:
        z = abs(alpha - beta) / (most + weeks)
        # 2F1(n, second; n + 1; z) by Euler's transformation: of hundreds of purchases it overflows.
        series = math.log(float(hyp2f1(1, n + 1 - second, n + 1, z)))
        return series + (1 - second) * math.log1p(-z) - n * math.log(most + weeks)

    living = -(r + x) * math.log(alpha + age) - s * math.log(beta + age)
    since, until = integral(t_x), integral(age)
    # Scaled by the greater of the two, for both may be far below what a float holds.
    scale = max(living, since)
    gone = s / n * (math.exp(since - scale) - math.exp(until - scale))
    return scale + math.log(math.exp(living - scale) + gone)


def next_amount(parameters: Parameters, amounts: list[float]) -> float:
    """Gamma-Gamma: what the next purchase is worth."""
    p, q, v = parameters
    n = len(amounts)
    return (v + sum(amounts)) * p / (p * n + q - 1)


def log_likelihood_pareto_nbd(parameters: Parameters, x: int, t_x: float, age: float) -> float:
    """Of one customer."""
    r, alpha, s, beta = parameters
    constants = gammaln(r + x) - gammaln(r) + r * math.log(alpha) + s * math.log(beta)
    return float(constants) + _log_likelihood(parameters, x, t_x, age)


def log_likelihood_bg_nbd(parameters: Parameters, x: int, t_x: float, age: float) -> float:
    """Of one customer, by equation 6 of Fader, Hardie and Lee 2005, of itself alone."""
    r, alpha, a, b = parameters
    bought = gammaln(r + x) - gammaln(r) + r * math.log(alpha)
    stayed = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    # Beside (alpha + T)^-(r + x), which of hundreds of purchases is less than a float can hold.
    left = a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x) if x else 0.0
    return float(bought + stayed - (r + x) * math.log(alpha + age) + math.log1p(left))
