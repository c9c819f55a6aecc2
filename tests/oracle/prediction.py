"""Scores of buyers from given parameters, by the formulas as their authors published them.

BG/NBD: Fader, Hardie and Lee 2005, equation 10. Pareto/NBD: Schmittlein, Morrison and Colombo
1987 as Fader and Hardie 2005 write it. Gamma-Gamma: Fader and Hardie 2013. Times are in weeks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from scipy.special import gammaln, hyp2f1

from tests.oracle.company import Row, cents
from tests.oracle.facts import Facts

HORIZON_DAYS = 365
DISCOUNT_RATE = 0.10
# What is published of CDNOW's sample; the scores of tiny companies are made of these.
BG_NBD = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
PARETO_NBD = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}
GAMMA_GAMMA = {"p": 6.25, "q": 3.74, "v": 15.44}


def customer_clv(facts: Facts) -> dict[str, Row]:
    """customer_clv by customer: a purchase is a day with an order that was kept.

    A day's amount is the sum of its orders'; one that is unknown in part or not above zero is no
    amount. Gamma-Gamma takes the amounts of the repeat purchases, as BG/NBD counts these.
    """
    result = {}
    last_day = facts.company.as_of - timedelta(days=1)
    for customer, orders in facts.kept_by_customer.items():
        days: dict[date, list[Decimal | None]] = defaultdict(list)
        for order in orders:
            days[order["order_date"]].append(order["net_revenue"])
        first, last = min(days), max(days)
        amounts = [
            float(sum(spent, Decimal(0)))
            for day, spent in days.items()
            if day != first and None not in spent and sum(spent) > 0
        ]
        x, t_x, age = len(days) - 1, (last - first).days / 7, (last_day - first).days / 7
        value = next_amount(amounts)
        result[customer] = {
            "repeat_purchases": x,
            "recency_weeks": t_x,
            "age_weeks": age,
            "p_alive": p_alive(x, t_x, age),
            "expected_orders": expected_orders(x, t_x, age, HORIZON_DAYS / 7),
            "expected_order_value": cents(Decimal(value)),
            "clv": cents(Decimal(value * discounted_orders(x, t_x, age))),
            "churn_risk": no_order(x, t_x, age, HORIZON_DAYS / 7),
        }
    return result


def expected_orders(x: int, t_x: float, age: float, weeks: float) -> float:
    """BG/NBD: purchases expected in the next ``weeks``."""
    r, alpha, a, b = BG_NBD.values()
    left = ((alpha + age) / (alpha + age + weeks)) ** (r + x)
    z = weeks / (alpha + age + weeks)
    alive = (a + b + x - 1) / (a - 1) * (1 - left * hyp2f1(r + x, b + x, a + b + x - 1, z))
    gone = a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x) if x else 0.0
    return float(alive / (1 + gone))


def discounted_orders(x: int, t_x: float, age: float) -> float:
    """Purchases of each of the twelve months, discounted to today from its end.

    METRICS compounds monthly and does not say when in a month an amount comes.
    """
    total, before = 0.0, 0.0
    for month in range(1, 13):
        until = expected_orders(x, t_x, age, month * HORIZON_DAYS / 12 / 7)
        total += (until - before) / (1 + DISCOUNT_RATE / 12) ** month
        before = until
    return total


def p_alive(x: int, t_x: float, age: float) -> float:
    """Pareto/NBD: that the customer has not left."""
    r, alpha, s, beta = PARETO_NBD.values()
    living = -(r + x) * math.log(alpha + age) - s * math.log(beta + age)
    return math.exp(living - _log_likelihood(x, t_x, age))


def no_order(x: int, t_x: float, age: float, weeks: float) -> float:
    """Pareto/NBD: that no purchase comes in the next ``weeks``.

    Then the customer's history at their end is (x, t_x, age + weeks): one likelihood over another.
    """
    return math.exp(_log_likelihood(x, t_x, age + weeks) - _log_likelihood(x, t_x, age))


def _log_likelihood(x: int, t_x: float, age: float) -> float:
    """Without the factors that x and the parameters alone make."""
    r, alpha, s, beta = PARETO_NBD.values()
    n = r + s + x
    most, second = (alpha, s + 1) if alpha >= beta else (beta, r + x)

    def integral(weeks: float) -> float:
        z = abs(alpha - beta) / (most + weeks)
        return float(hyp2f1(n, second, n + 1, z)) / (most + weeks) ** n

    living = (alpha + age) ** -(r + x) * (beta + age) ** -s
    return math.log(living + s / n * (integral(t_x) - integral(age)))


def next_amount(amounts: list[float]) -> float:
    """Gamma-Gamma: what the next purchase is worth."""
    p, q, v = GAMMA_GAMMA.values()
    n = len(amounts)
    return (v + sum(amounts)) * p / (p * n + q - 1)


def log_likelihood_bg_nbd(x: int, t_x: float, age: float) -> float:
    """Of one customer, by equation 6 of Fader, Hardie and Lee 2005, for the published fit."""
    r, alpha, a, b = BG_NBD.values()
    bought = gammaln(r + x) - gammaln(r) + r * math.log(alpha)
    stayed = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    living = (alpha + age) ** -(r + x)
    left = a / (b + x - 1) * (alpha + t_x) ** -(r + x) if x else 0.0
    return float(bought + stayed + math.log(living + left))
