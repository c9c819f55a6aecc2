"""What customers are worth on any day, and their classes then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from tests.oracle.classes import ZERO, abc, tiers
from tests.oracle.company import Row, cents, ratio, total
from tests.oracle.costs import customer_costs
from tests.oracle.facts import Facts
from tests.oracle.periods import first_day
from tests.oracle.prediction import customer_clv
from tests.oracle.rfm import rfm_on

WINDOW = timedelta(days=365)
HISTORY_MONTHS = 24
PRIOR_ORDERS = 3
CONTACT, SERVICE = {"contact", "media"}, {"case", "return"}


@dataclass(frozen=True)
class Segments:
    """Where a buyer stands on a day."""

    rfm_segment: str
    abc_class: str
    value_tier: str

    @property
    def is_valuable(self) -> bool:
        return self.abc_class == "A" or self.value_tier == "MVC"


class Worth:
    """Contribution, potential and classes on any day, of the facts before it.

    On a past day the orders of the window, scaled to the horizon (which is as long), are those
    expected. Refunds and corrections that came later count.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.as_of = facts.company.as_of
        self._values: dict[date, dict[str, Row]] = {}
        self._segments: dict[date, dict[str, Segments]] = {}

    @cached_property
    def _orders(self) -> dict[str, list[Row]]:
        orders = defaultdict(list)
        for order in self.facts.orders:
            if order["customer_id"]:
                orders[order["customer_id"]].append(order)
        return orders

    @cached_property
    def _costs(self) -> dict[str, list[tuple[date, str, Decimal]]]:
        costs = defaultdict(list)
        for (customer, day, kind), row in self.facts.of(customer_costs).items():
            if customer:
                costs[customer].append((day, kind, row["amount"]))
        return costs

    def values(self, day: date) -> dict[str, Row]:
        """By customer with an order kept before the day, or any or a cost in the year before it."""
        if day not in self._values:
            self._values[day] = self._valued(day)
        return self._values[day]

    def _valued(self, day: date) -> dict[str, Row]:
        start = day - WINDOW
        before = {
            customer: [order for order in orders if order["order_date"] < day]
            for customer, orders in self._orders.items()
        }
        kept = {
            customer: [order for order in orders if not order["is_fully_refunded"]]
            for customer, orders in before.items()
        }
        known = {
            customer: [o["contribution"] for o in orders if o["contribution"] is not None]
            for customer, orders in kept.items()
        }
        number = sum(map(len, known.values()))
        usual = float(sum(map(total, known.values()))) / number if number else None
        foreseen = self.facts.of(customer_clv)
        result = {}
        for customer in {*before, *self._costs}:
            own, costs = kept.get(customer, []), self._costs.get(customer, [])
            inside = [o for o in own if o["order_date"] >= start]
            brought = [
                o["contribution"] for o in before.get(customer, []) if o["order_date"] >= start
            ]
            borne = [(kind, amount) for on, kind, amount in costs if start <= on < day]
            contact = sum((amount for kind, amount in borne if kind in CONTACT), ZERO)
            service = sum((amount for kind, amount in borne if kind in SERVICE), ZERO)
            if not (borne or own or brought):
                continue
            told = known.get(customer, [])
            expected: float | None = float(len(inside))
            if day == self.as_of:
                expected = foreseen.get(customer, {}).get("expected_orders")
            price = None
            if usual is not None:
                sums = float(total(told)) + PRIOR_ORDERS * usual
                price = sums / (len(told) + PRIOR_ORDERS)
            potential = None
            if expected is not None and price is not None:
                potential = cents(Decimal(expected * price - float(contact + service)))
            result[customer] = {
                "orders": len(inside),
                "all_orders": len(own),
                "net_revenue": total(o["net_revenue"] for o in inside),
                "order_contribution": total(brought),
                "unknown_orders": brought.count(None),
                "contact_cost": cents(contact),
                "service_cost": cents(service),
                "contribution": cents(total(brought) - contact - service),
                "expected_orders": expected,
                "contribution_per_order": price,
                "potential": potential,
            }
        return result

    def classes(self, day: date) -> tuple[dict[str, str], dict[str, str]]:
        """ABC class and value tier of each buyer."""
        buyers = {c: row for c, row in self.values(day).items() if row["all_orders"]}
        contributions = {customer: row["contribution"] for customer, row in buyers.items()}
        potentials = {customer: row["potential"] for customer, row in buyers.items()}
        return abc(contributions), tiers(contributions, potentials)

    def segments(self, day: date) -> dict[str, Segments]:
        """By buyer, of the day's morning: the facts of the days before it count."""
        if day not in self._segments:
            scores, (class_of, tier_of) = rfm_on(self.facts, day), self.classes(day)
            self._segments[day] = {
                customer: Segments(row["rfm_segment"], class_of[customer], tier_of[customer])
                for customer, row in scores.items()
            }
        return self._segments[day]

    @cached_property
    def month_starts(self) -> list[date]:
        """Days after the last 24 complete month ends since there are facts, the last first."""
        day = self.as_of.replace(day=1)
        first, result = first_day(self.facts), []
        for _ in range(HISTORY_MONTHS):
            if first is None or day <= first:
                break
            result.append(day)
            day = (day - timedelta(days=1)).replace(day=1)
        return result

    def before(self, day: date) -> dict[str, Segments]:
        """Segments of the evening before a first of a month, as far as the history goes."""
        return self.segments(day) if day in self.month_starts else {}


def share_before(contributions: dict[str, Decimal]) -> dict[str, float | None]:
    """The share of positive contributions that better customers brought; of equal ones by id."""
    base = sum((amount for amount in contributions.values() if amount > 0), ZERO)
    before, result = ZERO, {}
    for customer, amount in sorted(contributions.items(), key=lambda item: (-item[1], item[0])):
        result[customer] = ratio(before, base) if amount > 0 else None
        before += max(amount, ZERO)
    return result


def segment_history(facts: Facts) -> dict[tuple[str, date], Row]:
    """segment_history by customer and month end."""
    worth = facts.of(Worth)
    return {
        (customer, day - timedelta(days=1)): {
            "rfm_segment": of.rfm_segment,
            "abc_class": of.abc_class,
            "value_tier": of.value_tier,
        }
        for day in worth.month_starts
        for customer, of in worth.segments(day).items()
    }


def segment_migrations(facts: Facts) -> dict[tuple[date, str, str, str], Row]:
    """segment_migrations by month end, scheme and both segments; not of the first month end."""
    worth = facts.of(Worth)
    result: dict[tuple[date, str, str, str], Row] = {}
    for then, now in zip(worth.month_starts[1:], worth.month_starts, strict=False):
        end = now - timedelta(days=1)
        was = worth.segments(then)
        for scheme in ("rfm_segment", "abc_class", "value_tier"):
            sizes: dict[str, int] = defaultdict(int)
            pairs: dict[tuple[str, str], int] = defaultdict(int)
            for customer, to in worth.segments(now).items():
                origin = getattr(was[customer], scheme) if customer in was else "(new)"
                sizes[origin] += 1
                pairs[origin, getattr(to, scheme)] += 1
            for (origin, to_segment), customers in pairs.items():
                result[end, scheme, origin, to_segment] = {
                    "is_move": origin != to_segment,
                    "customers": customers,
                    "share_of_from": customers / sizes[origin],
                }
    return result
