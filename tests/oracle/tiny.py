"""Tiny companies whose facts lie where definitions turn: edges of windows, midnights, ties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

from tests.oracle.company import MADRID, Company, Row, email_record, phone_record

ORDERS = tuple("ABCDEFGH")
PRODUCTS = ("P1", "P2", "P3", "P4")
CAMPAIGNS = ("spring", "autumn")
CURRENCIES = ("EUR", "EUR", "EUR", "eur", "USD", "usd", "MXN")
AMOUNTS = ("0.00", "0.01", "9.99", "10.00", "10.00", "10.00", "20.00", "33.33", "100.00", "1250.50")

T = TypeVar("T")


class Maker:
    """Makes one company of whatever ``random`` says; hypothesis and seeds may drive it."""

    def __init__(self, random: Random, as_of: date) -> None:
        self.random = random
        self.as_of = as_of
        self.edges = _edges(as_of)
        self.people: list[tuple[str, str]] = []
        self.addresses: dict[tuple[str, str], Row] = {}
        self.customers: dict[tuple[str, str], str] = {}
        self.landed: dict[str, list[Row]] = {}

    def company(self) -> Company:
        """A company with some of everything, and now and then nothing of something."""
        golden = self._who_is_who()
        for source, make, most in (
            ("orders", self._order, 22),
            ("orders", self._refund, 5),
            ("order_lines", self._line, 14),
            ("products", self._product, 5),
            ("fx_rates", self._rate, 6),
            ("consents", self._consent, 8),
            ("campaigns", self._campaign, 3),
            ("campaign_messages", self._message, 10),
            ("audience_pulls", self._pull, 6),
            ("web_events", self._event, 12),
            ("quotes", self._quote, 5),
            ("service_cases", self._case, 5),
            ("survey_responses", self._survey, 4),
            ("interactions", self._interaction, 5),
            ("referrals", self._referral, 4),
            ("profile_answers", self._answer, 5),
            ("leads", self._lead, 4),
            ("campaign_costs", self._cost, 4),
            ("ad_stats", self._ad, 4),
            ("contact_outcomes", self._outcome, 3),
            ("objectives", self._objective, 4),
            ("accounts", self._account, 3),
            ("crm_contacts", self._contact, 4),
            ("loyalty_members", self._member, 3),
            ("newsletter_subscribers", self._subscriber, 3),
        ):
            self._land(source, make, most)
        return Company(self.as_of, self.landed, self.customers, golden)

    def _land(self, source: str, make: Callable[[], Row], most: int) -> None:
        rows = self.landed.get(source, [])
        rows = rows + [make() for _ in range(self.random.randint(0, most))]
        for place, row in enumerate(rows):
            # Two rows of one key are versions of it: the later batch, and row in it, counts.
            row.update(batch_rank=place // 3, batch_row=place % 3)
        self.landed[source] = rows

    def _who_is_who(self) -> dict[str, Row]:
        """Customers with records in some systems, and with an e-mail or phone of their facts."""
        golden: dict[str, Row] = {"C": {}}
        self.customers["crm", "unheard of"] = "C"
        for number in range(self.random.randint(0, 6)):
            customer = f"C{number}"
            email, phone = f"{customer}@example.com", f"+3460000000{number}"
            records = [("crm", f"K{number}")]
            if self._often():
                records.append(("shop", f"S{number}"))
            if self._rarely():
                records.append(("till", email_record(email)))
                self.addresses[records[-1]] = {"party_email": f" {email.upper()}"}
            if self._rarely():
                records.append(("shop", phone_record(phone)))
                self.addresses[records[-1]] = {"party_phone": phone}
            self.people += records
            self.customers.update(dict.fromkeys(records, customer))
            for system, record in records:
                if (system, record) not in self.addresses and self._often():
                    source = "crm_contacts" if system == "crm" else "shop_accounts"
                    row = {"source_system": system, "record_id": record}
                    made = self._moment() if self._often() else None
                    row |= {"created_at": made, "batch_rank": 0, "batch_row": number}
                    row["updated_at"] = self._one(None, self._moment())
                    self.landed.setdefault(source, []).append(row)
            golden[customer] = {
                "email": self._maybe(email),
                "phone_e164": self._maybe(phone),
                "country": self._maybe("ES"),
                "region": self._maybe("Madrid"),
                "language": self._maybe("es"),
                "given_name": self._maybe("ana"),
                "surname_1": self._maybe("ruiz"),
                "birth_date": self._maybe(date(1980, 2, 29)),
                "address": self._maybe("calle 1"),
                "tax_id": self._maybe("T1"),
                "loyalty_number": self._maybe("L1"),
            }
        return golden

    def _order(self) -> Row:
        kind = self._one("order", "order", "order", "order", "order", "refund", "cancellation")
        names = (*ORDERS, "R1", "R2", "R3") if kind != "order" else ORDERS
        amount = self._amount()
        currency = self._one(*CURRENCIES)
        if kind == "refund":
            currency = self._one("USD", "USD", "EUR")
            amount = Decimal(self._one("10.00", "100.00", "5.00"))
        return {
            **self._person(system := self._one("till", "till", "shop")),
            "source_system": system,
            "order_id": self._one(*names) if kind == "order" else self._one("R1", "R2", "R3", "R4"),
            "kind": kind,
            "refers_to": None if kind == "order" else self._one(*ORDERS, None),
            "ordered_at": self._moment(),
            "channel": self._one("store", "online", "phone"),
            "store_id": self._one("S1", None),
            "employee_id": self._one("E1", None),
            "campaign_id": self._one(None, None, *CAMPAIGNS),
            "status": self._one("completed", "completed", None, None, "pending", "cancelled"),
            "currency": currency,
            "gross_amount": -amount if self._rarely() else amount,
            "discount_amount": self._one(None, Decimal("0.00"), Decimal("1.25"), amount),
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
            "order_id": self._one(*ORDERS),
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

    def _consent(self) -> Row:
        return {
            **self._person(system := self._one("crm", "shop")),
            "source_system": system,
            "consent_id": self._one(*"123456789"),
            "channel": self._one("email", "email", "phone", "sms"),
            "purpose": self._one("marketing", "marketing", "service"),
            "status": self._one("granted", "granted", "withdrawn"),
            "occurred_at": self._moment(),
        }

    def _campaign(self) -> Row:
        return {
            "source_system": self._one("mailing", "ads"),
            "campaign_id": self._one(*CAMPAIGNS),
            "name": self._one("Spring", "Autumn"),
            "channel": self._one("email", "post", "ads", "store", None),
            "purpose": self._one(None, "acquisition", "acquisition", "winback"),
            "starts_at": self._moment(),
        }

    def _message(self) -> Row:
        return {
            **self._person(system := self._one("mailing", "mailing", "ads")),
            "source_system": system,
            "message_id": self._one("M1", "M2", "M3", "M4", "M5"),
            "campaign_id": self._one(*CAMPAIGNS),
            "variant": self._one(None, "a", "b"),
            "step": self._one(None, 1, 2),
            "channel": self._one("email", "sms"),
            "event_type": self._one(
                *("sent", "delivered", "delivered", "open", "click", "bounce", "hard_bounce"),
                *("unsubscribe", "complaint", "redeem"),
            ),
            "event_at": self._moment(),
        }

    def _pull(self) -> Row:
        own = [("cartera", customer) for customer in set(self.customers.values())]
        system, record = self._one(*self.people, ("crm", "unheard of"), *sorted(own))
        return {
            "source_system": "cartera",
            "pull_id": self._one("L1", "L2"),
            "party_system": system,
            "party_id": record,
            "audience": "champions",
            "campaign_id": self._one(*CAMPAIGNS, None),
            "variant": self._one(None, "a"),
            "bucket": self._one("list", "list", "holdout", "excluded"),
            "pulled_at": self._moment(),
        }

    def _event(self) -> Row:
        at = self._moment()
        if self._often():
            # Sessions are made of moments that lie close together.
            at = self.edges[0] - timedelta(days=40) + timedelta(minutes=30 * self._number(0, 4))
            at += timedelta(seconds=self._number(-1, 1))
        return {
            **(self._person("web") if self._rarely() else {}),
            "source_system": "web",
            "event_id": self._one(*"abcdefghijklmnop"),
            "occurred_at": at,
            "anonymous_id": self._one("D1", "D1", "D2"),
            "event_type": self._one("page_view", "product_view", "ad_click", "purchase"),
            "utm_campaign": self._one(None, None, *CAMPAIGNS),
            "utm_source": self._one(None, None, None, "Google", "letter"),
            "utm_medium": self._one(None, None, None, "CPC", "email"),
            "device": self._one(None, "phone"),
            "product_id": self._one(None, None, *PRODUCTS),
            "category": self._one(None, None, "drinks", "toys"),
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

    def _case(self) -> Row:
        opened = self._moment()
        return {
            **self._person(system := self._one("service", "shop")),
            "source_system": system,
            "case_id": self._one(*"1234"),
            "kind": self._one("complaint", "complaint", "suggestion", "request"),
            "opened_at": opened,
            "incident_at": self._one(
                None, opened - timedelta(days=self._number(0, 40)), self.edges[-2]
            ),
            "first_action_at": self._one(None, self._later(opened)),
            "resolved_at": (resolved := self._one(None, self._later(opened))),
            "reopened_at": self._one(None, self._later(resolved or opened)),
            "is_resolved_first_contact": self._one(None, True, False),
            "order_id": self._one(None, *ORDERS),
            "owner": self._one(None, "E1"),
            "topic": self._one(None, "delivery"),
            "product_id": self._one(None, *PRODUCTS),
            "csat": self._one(None, 1.0, 4.0),
            "csat_max": self._one(None, 5.0, 10.0, 0.0),
        }

    def _survey(self) -> Row:
        sent = self._one(None, self._moment(), self._moment(), self.edges[0])
        return {
            **self._person(system := self._one("service", "shop")),
            "source_system": system,
            "response_id": self._one(*"1234"),
            "survey": "how was it",
            "kind": self._one("case", "case", "relationship"),
            "case_id": self._one(None, *"1234"),
            "sent_at": sent,
            # Nobody answers what was not sent yet.
            "answered_at": self._one(
                None, sent + timedelta(days=self._number(0, 40)) if sent else self._moment()
            ),
            "score": self._one(None, 0.0, 3.0, 9.0),
            "score_max": self._one(None, 5.0, 10.0),
        }

    def _interaction(self) -> Row:
        return {
            **self._person("crm"),
            "source_system": "crm",
            "interaction_id": self._one(*"12345"),
            "occurred_at": self._moment(),
            "kind": self._one("call", "visit", "fair", "chat"),
            "direction": self._one(None, "in", "out"),
            "outcome": self._one(None, "ordered", "no answer", "Voicemail", "not_reached"),
            "employee_id": self._one(None, "E1"),
            "store_id": self._one(None, "S1"),
            "topic": self._one(None, "delivery", "drinks"),
            "next_step": self._one(None, "call again"),
            "next_step_on": self._one(None, self.as_of),
        }

    def _referral(self) -> Row:
        system, record = self._one(*self.people, ("crm", "unheard of"), (None, None))
        return {
            **self._person("crm"),
            "source_system": "crm",
            "referral_id": self._one(*"1234"),
            "referred_system": system,
            "referred_id": record,
            "referred_at": self._moment(),
            "channel": self._one(None, "app"),
        }

    def _answer(self) -> Row:
        return {
            **self._person("crm"),
            "source_system": "crm",
            "answer_id": self._one(*"12345"),
            "question": self._one("pets", "size"),
            "answer": self._one(None, "two"),
            "need": self._one(None, "space"),
            "answered_at": self._moment(),
        }

    def _lead(self) -> Row:
        made = self._one(None, self._moment(), self._moment(), self._moment())
        return {
            **self._record("fair", "L", made),
            "lead_source": self._one(None, "fair", "ads"),
            "status": self._one("new", "won"),
            "interest": self._one(None, "food", "space"),
            "first_response_at": self._one(None, self._later(made) if made else self._moment()),
            "owner": self._one(None, "E1", "E2"),
        }

    def _contact(self) -> Row:
        return {
            **self._record("crm", "K", self._one(None, self._moment())),
            "account_id": self._one(None, "A1", "A2"),
            "country": self._one(None, "es", " PT"),
            "region": self._one(None, "Soria", "Lugo"),
            "store_id": self._one(None, "S1", "S2"),
            "owner": self._one(None, "E1", "E2"),
            "preferred_channel": self._one(None, None, "email", "sms"),
            "is_deceased": self._one(None, False, False, True),
            "is_test": self._one(None, False, False, True),
        }

    def _objective(self) -> Row:
        starts = self._one(*self.edges).date().replace(day=1)
        return {
            "source_system": "finance",
            "objective_id": self._one(*"1234"),
            "metric": self._one("churn_rate", "retention_rate", "orders", "stale_rate", "win_rate"),
            "segment": self._one(None, None, "A", "Lost", "MVC", "lead"),
            "period_start": starts,
            "period_end": starts + timedelta(days=self._one(30, 90, 91, 364, 365)),
            "baseline": self._one(None, 0.4, 0.5),
            "target_low": self._one(None, 0.1, 0.5),
            "target_high": self._one(None, 0.5, 1.0),
            "direction": self._one(None, "up", "down"),
            "change_kind": self._one(None, "absolute", "points", "relative"),
        }

    def _account(self) -> Row:
        return {
            "source_system": "crm",
            "account_id": self._one("A1", "A3"),
            "name": self._one("Acme", None),
            "tax_id": self._one(None, "B12345678"),
            "industry": self._one(None, "toys"),
            "country": self._one(None, "es"),
            "owner": self._one(None, "E1"),
            "created_at": self._one(None, self._moment()),
        }

    def _member(self) -> Row:
        return {
            **self._record("club", "M", self._one(None, self._moment())),
            "home_store_id": self._one(None, "S8", "S9"),
            "tier": self._one(None, "oro", "plata"),
        }

    def _subscriber(self) -> Row:
        return {
            **self._record("letter", "N", self._one(None, self._moment())),
            "status": self._one(None, "subscribed", "unsubscribed", "bounced"),
            "language": self._one(None, "es", "pt"),
        }

    def _record(self, system: str, letter: str, made: datetime | None) -> Row:
        """A version of one of two records of a customer's; two versions may be of one moment."""
        number = self._number(0, 1)
        record = f"{letter}{number}"
        self.customers.setdefault((system, record), "C0" if number == 0 else "C")
        return {
            "source_system": system,
            "record_id": record,
            "created_at": made,
            "updated_at": self._one(None, self.edges[2], self._moment()),
        }

    def _cost(self) -> Row:
        return {
            "source_system": self._one("mailing", "ads"),
            "cost_id": self._one(*"1234"),
            "campaign_id": self._one(*CAMPAIGNS, "unheard of"),
            "cost_date": self._one(*self.edges).date(),
            "cost_type": self._one("media", "creative"),
            "amount": self._one(self._amount(), Decimal("-3.00")),
            "currency": self._one(*CURRENCIES),
        }

    def _ad(self) -> Row:
        return {
            "source_system": "ads",
            "campaign_id": self._one(*CAMPAIGNS, "unheard of"),
            "platform": self._one("Google", "google", "radio"),
            "stat_date": self._one(*self.edges).date(),
            "impressions": 100,
            "reach": self._one(None, 50),
            "clicks": 5,
            "spend": self._one(None, self._amount(), self._amount()),
            "currency": self._one(*CURRENCIES),
        }

    def _outcome(self) -> Row:
        system, record = self._one(*self.people, ("crm", "unheard of"))
        return {
            "source_system": "cartera",
            "outcome_id": self._one(*"123"),
            "party_system": system,
            "party_id": record,
            "pull_id": self._one(None, "L1"),
            "campaign_id": self._one(None, *CAMPAIGNS),
            "outcome": self._one("reached", "Voicemail"),
            "occurred_at": self._moment(),
            "channel": self._one("phone", "phone", "email"),
        }

    def _later(self, moment: datetime) -> datetime:
        """Some days after a moment, exactly or nearly; seldom before it."""
        days = self._one(0, 1, 7, 30, 31, -1)
        return moment + timedelta(days=days, seconds=self._number(-1, 1))

    def _person(self, source_system: str) -> Row:
        """Who a fact of a system names: nobody, a record, or an e-mail or phone of its own."""
        known = [p for p in self.people if p not in self.addresses or p[0] == source_system]
        if not known or self._rarely():
            return {"party_id": None}
        person = self._one(*known)
        if person in self.addresses:
            return self.addresses[person]
        own = person[0] == source_system and self._often()
        return {"party_system": None if own else person[0], "party_id": person[1]}

    def _moment(self) -> datetime:
        """A UTC moment: at an edge and just beside it, or anywhere in 800 days."""
        if self._rarely():
            return self.edges[0] - timedelta(minutes=self._number(0, 800 * 24 * 60))
        return self._one(*self.edges) + timedelta(seconds=self._number(-1, 1))

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
