"""What random companies are thrown with: moments at edges, persons, amounts, one of several."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

from tests.oracle.company import MADRID, Row

AMOUNTS = ("0.00", "0.01", "9.99", "10.00", "10.00", "10.00", "20.00", "33.33", "100.00", "1250.50")
CURRENCIES = ("EUR", "EUR", "EUR", "eur", "USD", "usd", "MXN")
ORDERS = tuple("ABCDEFGH")
REGULAR = tuple("IJKLMNOPQR")
PRODUCTS = ("P1", "P2", "P3", "P4")
CAMPAIGNS = ("spring", "autumn")

T = TypeVar("T")


class Dice:
    """Throws whatever ``random`` says; hypothesis and seeds may drive it."""

    def __init__(self, random: Random, as_of: date) -> None:
        self.random = random
        self.as_of = as_of
        self.edges = _edges(as_of)
        self.people: list[tuple[str, str]] = []
        self.addresses: dict[tuple[str, str], Row] = {}
        self.customers: dict[tuple[str, str], str] = {}
        self.golden: dict[str, Row] = {}
        self.merges: list[Row] = []
        self.stops: dict[str, datetime] = {}
        self.landed: dict[str, list[Row]] = {}

    def _later(self, moment: datetime) -> datetime:
        """Some days after a moment, or when the data end; exactly or nearly, seldom before it."""
        days = self._one(0, 1, 7, 30, 31, -1)
        begun = self.edges[0] if self._rarely() else moment + timedelta(days=days)
        return begun + timedelta(seconds=self._number(-1, 1))

    def _person(self, source_system: str) -> Row:
        """Who a fact of a system names: nobody, a record, or an e-mail or phone of its own.

        The first have most of the facts, and now and then one names somebody unheard of.
        """
        known = [p for p in self.people if p not in self.addresses or p[0] == source_system]
        if not known or self._rarely():
            return {"party_id": self._stranger(source_system) if self._rarely() else None}
        person = known[self._number(0, self._number(0, len(known) - 1))]
        if person in self.addresses:
            return self.addresses[person]
        own = person[0] == source_system and self._often()
        return {"party_system": None if own else person[0], "party_id": person[1]}

    def _stranger(self, source_system: str) -> str:
        """A record of somebody whom nothing else names."""
        name = f"X{len(self.customers)}"
        self.customers[source_system, name] = name
        self.golden[name] = {}
        return name

    def _moment(self) -> datetime:
        """A UTC moment: at an edge and just beside it, or anywhere in 800 days."""
        if self._rarely():
            return self.edges[0] - timedelta(minutes=self._number(0, 800 * 24 * 60))
        return self._one(*self.edges) + timedelta(seconds=self._number(-1, 1))

    def _before_an_order(self) -> tuple[Row, datetime]:
        """Somebody who ordered, by id, and a moment from which it is so many days, or nearly.

        Nobody and any moment if nobody did, and now and then.
        """
        orders = [row for row in self.landed.get("orders", ()) if row.get("party_id")]
        if not orders or self._rarely():
            return {}, self._moment()
        order = self._one(*orders)
        who = {
            "party_system": order.get("party_system") or order["source_system"],
            "party_id": order["party_id"],
        }
        moment = order["ordered_at"] - timedelta(days=self._one(0, 0, 1, 7, 30, 30))
        return who, moment + timedelta(seconds=self._number(-1, 1))

    def _stop(self) -> datetime:
        """When somebody bought for the last time: at the edge of being in decline or lost."""
        return self._one(*self.edges[3:7]) + timedelta(seconds=self._number(-1, 1))

    def _amount(self) -> Decimal:
        return Decimal(self._one(*AMOUNTS))

    def _one(self, *choices: T) -> T:
        return choices[self._number(0, len(choices) - 1)]

    def _maybe(self, value: T) -> T | None:
        return value if self._often() else None

    def _often(self) -> bool:
        return self._number(0, 3) > 0

    def _rarely(self) -> bool:
        return self._number(0, 4) == 0

    def _number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)


def _edges(as_of: date) -> list[datetime]:
    """Midnights in Madrid on which something turns, as UTC moments; the first is as_of's."""
    days = [
        as_of,
        as_of - timedelta(days=1),
        as_of - timedelta(days=30),
        as_of - timedelta(days=90),
        as_of - timedelta(days=364),
        as_of - timedelta(days=365),
        as_of - timedelta(days=366),
        as_of.replace(day=1),
        as_of - timedelta(days=455),
        date(as_of.year, 3, 29),
        date(as_of.year, 3, 30),
        date(as_of.year - 1, 10, 26),
        date(2024, 2, 29),
        date(2024, 3, 1),
        as_of + timedelta(days=1),
    ]
    midnights = [
        datetime.combine(day, time.min, MADRID).astimezone(UTC).replace(tzinfo=None) for day in days
    ]
    return [*midnights, midnights[0] - timedelta(days=30), midnights[0] - timedelta(days=730)]
