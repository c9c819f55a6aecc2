"""What tiny companies buy and sell: orders and refunds, lines, products, rates, quotes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.oracle.company import Company, Row
from tests.oracle.dice import CAMPAIGNS, CURRENCIES, ORDERS, PRODUCTS, REGULAR, Dice


class Trade(Dice):
    """Orders and what belongs to them."""

    def _order(self, kind: str = "") -> Row:
        kinds = ("order", "order", "order", "order", "order", "refund", "cancellation")
        kind = kind or self._one(*kinds)
        names = (*ORDERS, "R1", "R2", "R3") if kind != "order" else ORDERS
        amount = self._amount()
        currency = self._one(*CURRENCIES)
        if kind == "refund":
            currency = self._one("USD", "USD", "EUR")
            amount = Decimal(self._one("10.00", "100.00", "5.00"))
        person = self._person(system := self._one("till", "till", "shop"))
        moment = self._moment()
        reference = Company.reference(person | {"source_system": system})
        if kind == "order" and reference is not None:
            # Who stopped buying bought for the last time in that moment.
            moment = min(moment, self.stops.get(self.customers[reference], moment))
        return {
            **person,
            "source_system": system,
            "order_id": self._one(*names) if kind == "order" else self._one("R1", "R2", "R3", "R4"),
            "kind": kind,
            "refers_to": None if kind == "order" else self._one(*ORDERS, None),
            "ordered_at": moment,
            "channel": self._one("store", "online", "phone"),
            "store_id": self._one("S1", None),
            "employee_id": self._one("E1", None),
            "campaign_id": self._one(None, None, *CAMPAIGNS),
            "status": self._one("completed", "completed", None, None, "pending", "cancelled"),
            "currency": currency,
            "gross_amount": -amount if self._rarely() else amount,
            "discount_amount": self._one(None, Decimal("0.00"), Decimal("1.25"), amount),
        }

    def _regular(self) -> Row:
        """An order that was paid, of one of those who come again and again."""
        row = self._order("order")
        amount = abs(row["gross_amount"]) + Decimal("5.00")
        return row | {
            "order_id": self._one(*REGULAR),
            "status": "completed",
            "gross_amount": amount,
        }

    def _refund(self) -> Row:
        """Mostly of an order that there is, in its system and currency and of about its amount."""
        row = self._order()
        sold = [
            order
            for order in self.landed["orders"]
            if order["kind"] == "order" and order["status"] in (None, "completed")
        ]
        if sold and self._often():
            order = self._one(*sold)
            # Who gets the money back need not be said.
            row = {name: value for name, value in row.items() if not name.startswith("party_")}
            row |= {"source_system": order["source_system"], "currency": order["currency"]}
            row["party_id"] = None
            row |= {"refers_to": order["order_id"], "discount_amount": None, "status": None}
            row["gross_amount"] = self._one(order["gross_amount"], Decimal("5.00"))
        return row | {"kind": "refund", "order_id": self._one("R5", "R6", "R7", "R8")}

    def _line(self) -> Row:
        amount = self._amount()
        return {
            "source_system": self._one("till", "till", "shop"),
            "order_id": self._one(*ORDERS, *REGULAR),
            "line_id": self._one("1", "2", "3"),
            "product_id": self._one(*PRODUCTS, "unknown"),
            "quantity": Decimal(self._one("1.000", "2.000", "0.335", "-1.000", "0.000")),
            "unit_price": self._one(None, amount),
            "gross_amount": amount,
            "discount_amount": self._one(None, Decimal("0.50"), amount),
        }

    def _product(self) -> Row:
        return {
            "source_system": self._one("till", "shop", "erp"),
            "product_id": self._one(*PRODUCTS),
            "name": self._one("Tea", None),
            "brand": self._one("Acme", None),
            "category": self._one("drinks", "food", None),
            "subcategory": self._one("hot", None),
            "unit_cost": self._one(None, Decimal("3.33"), Decimal("0.05"), Decimal("40.00")),
            "currency": self._one("EUR", "USD", None),
            "list_price": self._one(None, Decimal("12.00")),
            "launched_on": self._one(None, self.as_of - timedelta(days=self._number(0, 900))),
        }

    def _rate(self) -> Row:
        return {
            "source_system": "finance",
            "currency": self._one("USD", "USD", "usd", "MXN"),
            "rate_date": self._one(
                self.as_of - timedelta(days=self._number(1, 3)),
                *(edge.date() - timedelta(days=self._number(0, 9)) for edge in self.edges[:4]),
            ),
            "reporting_currency": self._one("EUR", "EUR", "eur", "USD"),
            "rate": Decimal(self._one("0.90000000", "0.91234567", "0.05000000", "0.00000000")),
        }

    def _quote(self) -> Row:
        return {
            **self._person(system := self._one("crm", "shop")),
            "source_system": system,
            "quote_id": self._one(*"1234"),
            "quoted_at": self._moment(),
            "valid_until": self._one(None, self.as_of),
            "account_id": self._one(None, "A1"),
            "status": self._one("open", "won", "lost"),
            "decided_at": self._one(None, self._moment(), self._moment()),
            "updated_at": self._one(None, self._moment()),
            "amount": self._amount(),
            "currency": self._one(*CURRENCIES),
            "order_id": self._one(None, *ORDERS),
            "employee_id": self._one(None, "E1"),
        }
