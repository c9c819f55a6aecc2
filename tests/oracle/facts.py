"""Facts of core: orders netted of refunds, lines, consents, messages and pulls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from tests.oracle.company import Company, Row, cents, total

ZERO = Decimal("0.00")
T = TypeVar("T")


class Facts:
    """The facts of one company before ``as_of``, each computed once."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._made: dict[Callable[[Facts], Any], Any] = {}

    def of(self, make: Callable[[Facts], T]) -> T:
        """What a class or function makes of these facts, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @cached_property
    def orders(self) -> list[Row]:
        """fct_orders: one row per transaction of status completed that no cancellation names.

        A status that is missing is completed. A cancellation names an order of its own system,
        and counts whatever its own status. A refund is netted to the order that it names in its
        system, whenever it came; a refund or rate that is unknown leaves what is left unknown.
        Refunded in full is what was paid or more: told in the order's own currency where all its
        refunds are in that one, else in the reporting currency, where those of known amounts are
        enough: another can only add. Who paid nothing got nothing back.
        """
        refunds: dict[str, list[Row]] = defaultdict(list)
        for refund in self.refunds:
            refunds[refund["order_key"]].append(refund)
        lines: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            lines[line["order_key"]].append(line)
        return [
            self._net(row, refunds[row["order_key"]], lines[row["order_key"]])
            for row in self._completed
        ]

    @cached_property
    def kept(self) -> list[Row]:
        """Orders by definition: one refunded in full is none."""
        return [order for order in self.orders if not order["is_fully_refunded"]]

    @cached_property
    def kept_by_customer(self) -> dict[str, list[Row]]:
        """Identified orders in the order they were made; of one moment by key."""
        orders: dict[str, list[Row]] = defaultdict(list)
        for order in sorted(self.kept, key=lambda o: (o["ordered_at"], o["order_key"])):
            if order["customer_id"]:
                orders[order["customer_id"]].append(order)
        return orders

    @cached_property
    def refunds(self) -> list[Row]:
        """fct_refunds: completed refunds on their own day, whatever became of what they name.

        Exports write them with either sign; what was given back is positive.
        """
        result = []
        for row in self._transactions:
            if row["kind"] != "refund" or (row["status"] or "completed") != "completed":
                continue
            fact = self._amounts(row)
            off = abs(fact["off"])
            amount = abs(abs(row["gross_amount"]) - off)
            rate = fact["fx_rate"]
            named = row["refers_to"]
            result.append(
                {
                    **fact,
                    "refund_key": fact["order_key"],
                    "refund_id": row["order_id"],
                    "order_key": None if named is None else f"{row['source_system']}|{named}",
                    "refunded_at": row["ordered_at"],
                    "refund_date": fact["order_date"],
                    "amount_original": amount,
                    "amount": None if rate is None else cents(amount * rate),
                }
            )
        return result

    @cached_property
    def lines(self) -> list[Row]:
        """fct_order_lines: lines of completed orders, at the rate of their order.

        A product is that of the line's own system, else one of that id in another system's
        catalogue: the first by name of the system. A cost that the own does not know is taken from
        that one too.
        """
        orders = {order["order_key"]: order for order in self._completed}
        result = []
        for row in self.company.latest("order_lines"):
            key = f"{row['source_system']}|{row['order_id']}"
            order = orders.get(key)
            if order is None:
                continue
            product, unit_cost = self.product(row["source_system"], row["product_id"])
            rate = order["fx_rate"]
            gross = off = revenue = cost = None
            if rate is not None:
                gross = cents(row["gross_amount"] * rate)
                off = cents((row["discount_amount"] or ZERO) * rate)
                revenue = gross - off
            if unit_cost is not None:
                cost = cents(row["quantity"] * unit_cost)
            result.append(
                {
                    "line_key": f"{key}|{row['line_id']}",
                    "order_key": key,
                    "source_system": row["source_system"],
                    "order_id": row["order_id"],
                    "line_id": row["line_id"],
                    "product_key": product,
                    "product_id": row["product_id"],
                    "customer_id": order["customer_id"],
                    "order_date": order["order_date"],
                    "quantity": row["quantity"],
                    "gross_revenue": gross,
                    "discount": off,
                    "revenue": revenue,
                    "cost_of_goods": cost,
                }
            )
        return result

    @cached_property
    def products(self) -> dict[str, Row]:
        """dim_products by key; a cost is in the reporting currency.

        Of a cost in another currency the rate is that of the last day before ``as_of``; a cost
        without a currency is taken to be in the reporting currency.
        """
        result = {}
        for row in self.company.latest("products"):
            key = f"{row['source_system']}|{row['product_id']}"
            result[key] = {**row, "product_key": key, "unit_cost": self._cost(row)}
        return result

    def _cost(self, row: Row) -> Decimal | None:
        if row.get("currency") is None:
            return row["unit_cost"]
        day = date.fromordinal(self.company.as_of.toordinal() - 1)
        return self.company.money(row["unit_cost"], row["currency"], day)

    @cached_property
    def _catalogues(self) -> dict[str, list[Row]]:
        """By product id, what each system says of it, in order of their names."""
        result: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.products.values(), key=lambda row: str(row["source_system"])):
            result[row["product_id"]].append(row)
        return result

    def product(self, system: str, product_id: str) -> tuple[str | None, Decimal | None]:
        """The product that a line names, and what one unit costs."""
        found = self._catalogues.get(product_id, [])
        own = self.products.get(f"{system}|{product_id}")
        places = [place for place in (own, *found[:1]) if place]
        costs = [place["unit_cost"] for place in places if place["unit_cost"] is not None]
        return places[0]["product_key"] if places else None, costs[0] if costs else None

    def catalogued(self, system: str, product_id: str | None) -> tuple[str | None, str | None]:
        """The product of an id that a system names, and the category of it."""
        key = self.product(system, product_id)[0] if product_id is not None else None
        return key, self.products[key]["category"] if key else None

    @cached_property
    def campaigns(self) -> list[Row]:
        """Campaigns of which a system tells, and those that lists alone name, by no system known.

        A list is of every campaign of its id; who sends messages of one knows it.
        """
        told = self.company.latest("campaigns")
        known = {row["campaign_id"] for row in (*told, *self.messages)}
        lists: dict[str, list[Row]] = defaultdict(list)
        for pull in self.pulls:
            if pull.get("campaign_id") and pull["campaign_id"] not in known:
                lists[pull["campaign_id"]].append(pull)
        found: list[Row] = [
            {
                "source_system": min(pull["source_system"] for pull in pulls),
                "campaign_id": campaign,
                "name": None,
                "channel": channels.pop() if len(channels) == 1 else None,
                "starts_at": min(pull["pulled_at"] for pull in pulls),
            }
            for campaign, pulls in lists.items()
            for channels in [{p["channel"] for p in pulls if p.get("channel")}]
        ]
        return [*told, *found]

    @cached_property
    def campaign_keys(self) -> dict[str, dict[str, str]]:
        """By campaign id, the key that each system has for it."""
        keys: dict[str, dict[str, str]] = defaultdict(dict)
        for row in self.campaigns:
            system, number = row["source_system"], row["campaign_id"]
            keys[number][system] = f"{system}|{number}"
        return keys

    def campaign(self, system: str, campaign_id: str | None) -> str | None:
        """The campaign of an id: that of the own system, else of the only one that has it."""
        known = self.campaign_keys.get(campaign_id or "", {})
        return known.get(system) or (next(iter(known.values())) if len(known) == 1 else None)

    @cached_property
    def _transactions(self) -> list[Row]:
        rows = self.company.latest("orders")
        return [row for row in rows if row["ordered_at"] < self.company.end]

    @cached_property
    def _completed(self) -> list[Row]:
        cancelled = {
            (row["source_system"], row["refers_to"])
            for row in self._transactions
            if row["kind"] == "cancellation"
        }
        return [
            self._amounts(row)
            for row in self._transactions
            if row["kind"] == "order"
            and (row["status"] or "completed") == "completed"
            and (row["source_system"], row["order_id"]) not in cancelled
        ]

    def _amounts(self, row: Row) -> Row:
        company = self.company
        day = company.day(row["ordered_at"])
        rate, rate_day = company.rate(row["currency"], day)
        off = row["discount_amount"] or ZERO
        return {
            "order_key": f"{row['source_system']}|{row['order_id']}",
            "source_system": row["source_system"],
            "order_id": row["order_id"],
            "customer_id": company.customer(row),
            "is_identifiable": company.reference(row) is not None,
            "ordered_at": row["ordered_at"],
            "order_date": day,
            "channel": row["channel"],
            "store_id": row.get("store_id"),
            "employee_id": row.get("employee_id"),
            "campaign_id": row.get("campaign_id"),
            "currency": row["currency"].upper(),
            "off": off,
            "amount_original": row["gross_amount"] - off,
            "fx_rate": rate,
            "fx_date": rate_day,
            "is_fx_missing": rate is None,
            "gross_revenue": None if rate is None else cents(row["gross_amount"] * rate),
            "discount": None if rate is None else cents(off * rate),
        }

    @staticmethod
    def _net(order: Row, refunds: list[Row], lines: list[Row]) -> Row:
        known = None not in [refund["amount"] for refund in refunds]
        refunded = total(refund["amount"] for refund in refunds) if known else None
        revenue = net = contribution = None
        if not order["is_fx_missing"]:
            revenue = order["gross_revenue"] - order["discount"]
            net = None if refunded is None else revenue - refunded
        costs = [line["cost_of_goods"] for line in lines]
        cost = None if None in costs or not costs else sum(costs, ZERO)
        if net is not None and cost is not None:
            contribution = net - cost
        paid = order["amount_original"]
        told = [refund["amount"] for refund in refunds if refund["amount"] is not None]
        if refunds and all(refund["currency"] == order["currency"] for refund in refunds):
            whole = sum(refund["amount_original"] for refund in refunds) >= paid
        else:
            # Of nothing given back nothing is known to be enough, not even for what rounds to zero.
            whole = bool(told) and revenue is not None and total(told) >= revenue
        return {
            **order,
            "revenue": revenue,
            "refunded_amount": refunded,
            "net_revenue": net,
            "cost_of_goods": cost,
            "contribution": contribution,
            "is_fully_refunded": whole and paid > 0,
        }

    @cached_property
    def messages(self) -> list[Row]:
        """fct_campaign_messages: one row per event of a message before as_of."""
        company = self.company
        return [
            {
                "message_key": f"{row['source_system']}|{row['message_id']}|{row['event_type']}",
                "source_system": row["source_system"],
                "message_id": row["message_id"],
                "campaign_key": f"{row['source_system']}|{row['campaign_id']}",
                "campaign_id": row["campaign_id"],
                "variant": row.get("variant"),
                "step": row.get("step"),
                "channel": row.get("channel"),
                "event_type": row["event_type"],
                "event_at": row["event_at"],
                "event_date": company.day(row["event_at"]),
                "customer_id": company.customer(row),
                "is_identifiable": company.reference(row) is not None,
            }
            for row in company.latest("campaign_messages")
            if row["event_at"] < company.end
        ]

    @cached_property
    def pulls(self) -> list[Row]:
        """Who matched in a pull before as_of, and whether they are in both arms of its campaign.

        A pull without a campaign is a campaign of its own.
        """
        company = self.company
        arms: dict[tuple[str, str], set[str]] = defaultdict(set)
        result = []
        for row in company.latest("audience_pulls"):
            if row["pulled_at"] >= company.end:
                continue
            customer = company.customer(row)
            campaign = row.get("campaign_id") or f"pull {row['source_system']}|{row['pull_id']}"
            result.append({**row, "customer_id": customer, "campaign": campaign})
            if customer:
                arms[campaign, customer].add(row["bucket"])
        for fact in result:
            both = arms[fact["campaign"], fact["customer_id"]]
            fact["is_in_both_arms"] = {"list", "holdout"} <= both
        return result
