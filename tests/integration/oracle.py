"""The marts once more, in plain Python: no SQL, and nothing of the models.

It takes what has landed and, from the contacts file, which record is which customer. Money
is Decimal, rounded half away from zero to the cent where METRICS turns one currency into
another.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.landed import PEOPLE, Row, latest

CENT = Decimal("0.01")
WINDOW_DAYS = 365
FX_MAX_AGE_DAYS = 7
EVENTS = {
    "sent": {"sent"},
    "delivered": {"delivered"},
    "opened": {"open"},
    "clicked": {"click"},
    "bounced": {"bounce", "hard_bounce"},
    "unsubscribed": {"unsubscribe"},
    "complained": {"complaint"},
    "redeemed": {"redeem"},
}
RATES = {
    "open_rate": "opened",
    "click_rate": "clicked",
    "unsubscribe_rate": "unsubscribed",
    "complaint_rate": "complained",
}


@dataclass
class Company:
    """What landed in ``home``, and who is who: (system, record id) to customer id."""

    home: Path
    as_of: date
    customers: dict[tuple[str, str], str]
    currency: str = "EUR"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Madrid"))
    orders: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    after_as_of: int = 0

    def __post_init__(self) -> None:
        midnight = datetime.combine(self.as_of, time.min, self.zone)
        self.end = midnight.astimezone(UTC).replace(tzinfo=None)
        self.rates: dict[str, dict[date, Decimal]] = defaultdict(dict)
        for row in latest(self.home, "fx_rates"):
            if row["reporting_currency"].upper() == self.currency and row["rate"] > 0:
                self.rates[row["currency"].upper()][row["rate_date"]] = row["rate"]
        self._read_orders()

    def day(self, moment: datetime) -> date:
        """The business day of a UTC moment."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def customer(self, row: Row) -> str | None:
        """Whom a fact names, if anybody."""
        reference = self.reference(row)
        return self.customers[reference] if reference else None

    @staticmethod
    def reference(row: Row) -> tuple[str, str] | None:
        """The record that a fact names."""
        if row["party_id"] is not None:
            return row["party_system"] or row["source_system"], row["party_id"]
        if row.get("party_email") is not None:
            digest = hashlib.md5(row["party_email"].strip().lower().encode(), usedforsecurity=False)
            return row["source_system"], f"email:{digest.hexdigest()}"
        if row.get("party_phone") is not None:
            digest = hashlib.md5(row["party_phone"].encode(), usedforsecurity=False)
            return row["source_system"], f"phone:{digest.hexdigest()}"
        return None

    def rate(self, currency: str, day: date) -> Decimal | None:
        """The last rate of ``currency`` on ``day``, if it is not too old."""
        if currency == self.currency:
            return Decimal(1)
        for age in range(FX_MAX_AGE_DAYS + 1):
            known = self.rates[currency].get(day - timedelta(days=age))
            if known is not None:
                return known
        return None

    def _read_orders(self) -> None:
        rows = latest(self.home, "orders")
        self.after_as_of = sum(row["ordered_at"] >= self.end for row in rows)
        rows = [row for row in rows if row["ordered_at"] < self.end]
        cancelled = {
            (r["source_system"], r["refers_to"]) for r in rows if r["kind"] == "cancellation"
        }
        given_back: dict[tuple[str, str], list[Decimal | None]] = defaultdict(list)
        originals: dict[tuple[str, str], list[tuple[str, Decimal]]] = defaultdict(list)
        for row in rows:
            if row["kind"] == "refund" and (row["status"] or "completed") == "completed":
                refund = self._amounts(row)
                refund["amount"] = refund["gross_revenue"] and abs(
                    _cents((abs(row["gross_amount"]) - abs(refund["off"])) * refund["fx_rate"])
                )
                named = originals[row["source_system"], row["refers_to"]]
                named.append((row["currency"], abs(row["gross_amount"]) - abs(refund["off"])))
                self.refunds.append(refund)
                given_back[row["source_system"], row["refers_to"]].append(refund["amount"])
        for row in rows:
            key = (row["source_system"], row["order_id"])
            if row["kind"] != "order" or (row["status"] or "completed") != "completed":
                continue
            if key in cancelled:
                continue
            order = self._amounts(row)
            refunded = given_back.get(key, [])
            known = order["gross_revenue"] is not None and None not in refunded
            order["refunded"] = sum((r for r in refunded if r is not None), Decimal(0))
            order["revenue"] = (
                None
                if order["gross_revenue"] is None
                else order["gross_revenue"] - order["discount"]
            )
            order["net_revenue"] = order["revenue"] - order["refunded"] if known else None
            charged = row["gross_amount"] - order["off"]
            if originals[key] and {c for c, _ in originals[key]} == {row["currency"]}:
                whole = sum(amount for _, amount in originals[key]) >= charged
            else:
                whole = bool(known and order["refunded"] >= order["revenue"])
            order["is_fully_refunded"] = whole and charged > 0
            self.orders.append(order)

    def _amounts(self, row: Row) -> Row:
        day = self.day(row["ordered_at"])
        rate = self.rate(row["currency"].upper(), day)
        off = row["discount_amount"] or Decimal(0)
        return {
            "order_key": f"{row['source_system']}|{row['order_id']}",
            "customer_id": self.customer(row),
            "ordered_at": row["ordered_at"],
            "date": day,
            "channel": row["channel"],
            "off": off,
            "fx_rate": rate,
            "gross_revenue": None if rate is None else _cents(row["gross_amount"] * rate),
            "discount": None if rate is None else _cents(off * rate),
        }


def rfm(company: Company, segments: dict[str, str]) -> dict[str, Row]:
    """customer_rfm, by customer."""
    bought: dict[str, list[Row]] = defaultdict(list)
    for order in company.orders:
        if order["customer_id"] and not order["is_fully_refunded"]:
            bought[order["customer_id"]].append(order)
    start = company.as_of - timedelta(days=WINDOW_DAYS)
    result: dict[str, Row] = {}
    for customer, orders in bought.items():
        inside = [o for o in orders if o["date"] >= start]
        result[customer] = {
            "recency_days": (company.as_of - max(o["date"] for o in orders)).days,
            "frequency": len(inside),
            "monetary": sum((o["net_revenue"] or Decimal(0) for o in inside), Decimal(0)),
            **dict.fromkeys(("r_score", "f_score", "m_score", "rfm_score")),
            "rfm_segment": "Lost",
        }
    active = [row for row in result.values() if row["frequency"]]
    for name, goodness in (
        ("r_score", lambda row: -row["recency_days"]),
        ("f_score", lambda row: row["frequency"]),
        ("m_score", lambda row: row["monetary"]),
    ):
        for row in active:
            worse = sum(goodness(other) < goodness(row) for other in active)
            row[name] = 1 + 5 * worse // len(active)
    for row in active:
        row["rfm_score"] = f"{row['r_score']}{row['f_score']}{row['m_score']}"
        row["rfm_segment"] = segments[row["rfm_score"]]
    return result


def kpis(company: Company, period: Callable[[date], date]) -> dict[tuple[date, str], Row]:
    """kpi_daily or kpi_monthly, by period and channel."""
    firsts: dict[str, Row] = {}
    for order in company.orders:
        customer = order["customer_id"]
        if customer and not order["is_fully_refunded"]:
            best = firsts.get(customer)
            when = (order["ordered_at"], order["order_key"])
            if best is None or when < (best["ordered_at"], best["order_key"]):
                firsts[customer] = order
    first_keys = {order["order_key"] for order in firsts.values()}
    cells: dict[tuple[date, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for place, facts in enumerate((company.orders, company.refunds)):
        for fact in facts:
            for channel in (fact["channel"], "ALL"):
                cells[period(fact["date"]), channel][place].append(fact)
    result = {}
    for cell, (orders, refunds) in cells.items():
        kept = [o for o in orders if not o["is_fully_refunded"]]
        revenue = _total(o["revenue"] for o in orders)
        identified = [o["customer_id"] for o in kept if o["customer_id"]]
        result[cell] = {
            "orders": len(kept),
            "identified_orders": len(identified),
            "buyers": len(set(identified)),
            "new_buyers": sum(o["order_key"] in first_keys for o in kept),
            "gross_revenue": _total(o["gross_revenue"] for o in orders),
            "discount": _total(o["discount"] for o in orders),
            "revenue_by_order_date": revenue,
            "refunds_booked": _total(r["amount"] for r in refunds),
            "identification_rate": len(identified) / len(kept) if kept else None,
            "average_order_value": _mean([o["revenue"] for o in kept if o["revenue"] is not None]),
        }
    return result


def campaigns(company: Company) -> dict[tuple[str, str, str, int | None], Row]:
    """campaign_performance, by system, campaign, variant and step."""
    people: dict[tuple[str, str, str, int | None], dict[str, set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for row in latest(company.home, "campaign_messages"):
        if row["event_at"] >= company.end:
            continue
        customer = company.customer(row)
        if customer is None:
            continue
        variant = row["variant"] or "(none)"
        for part in (("ALL", None), (variant, None), (variant, row["step"] or 1)):
            people[row["source_system"], row["campaign_id"], *part][row["event_type"]].add(customer)
    systems = defaultdict(set)
    for row in latest(company.home, "campaigns"):
        systems[row["campaign_id"]].add(row["source_system"])
    lists = _lists(company)
    for campaign, variant in lists:
        for system in systems[campaign]:
            people[system, campaign, variant, None].update()
    result = {}
    for (system, campaign, variant, step), events in people.items():
        counts = {
            name: len(set().union(*(events[event] for event in kinds)))
            for name, kinds in EVENTS.items()
        }
        arms = lists.get((campaign, variant)) if step is None else None
        delivered = counts["delivered"]
        result[system, campaign, variant, step] = {
            "targeted": len(arms["list"]) if arms else None,
            "held_out": len(arms["holdout"]) if arms else None,
            **counts,
            **{
                rate: counts[name] / delivered if delivered else None
                for rate, name in RATES.items()
            },
        }
    return result


def _lists(company: Company) -> dict[tuple[str, str], dict[str, set[str]]]:
    """Who was put on a campaign's list and who was held out; who is in both is in neither."""
    pulls = []
    arms: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in latest(company.home, "audience_pulls"):
        customer = company.customer(row) if row["pulled_at"] < company.end else None
        if customer and row["campaign_id"] is not None:
            pulls.append((row["campaign_id"], row["variant"] or "(none)", row["bucket"], customer))
            arms[row["campaign_id"], customer].add(row["bucket"])
    result: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(
        lambda: {"list": set(), "holdout": set(), "excluded": set()}
    )
    for campaign, variant, bucket, customer in pulls:
        if not {"list", "holdout"} <= arms[campaign, customer]:
            for name in (variant, "ALL"):
                result[campaign, name][bucket].add(customer)
    return result


def customer_360(
    company: Company, scores: dict[str, Row], addresses: dict[str, tuple[bool, bool]]
) -> dict[str, Row]:
    """customer_360, by customer; ``addresses`` says who has an e-mail and who a phone."""
    orders: dict[str, list[Row]] = defaultdict(list)
    for order in company.orders:
        if order["customer_id"] and not order["is_fully_refunded"]:
            orders[order["customer_id"]].append(order)
    granted = _consents(company)
    records = Counter(company.customers.values())
    known: dict[str, list[Row]] = defaultdict(list)
    for source in PEOPLE:
        for row in latest(company.home, source):
            record = (row["source_system"], row["record_id"])
            # A record made after as_of is not there yet, unless a fact before it names it.
            if row["created_at"] and row["created_at"] >= company.end:
                continue
            known[company.customers[record]].append(row)
    result = {}
    for customer, (has_email, has_phone) in addresses.items():
        own = orders[customer]
        days = [o["date"] for o in own]
        seen = [row["created_at"] for row in known[customer] if row["created_at"]]
        result[customer] = {
            "rfm_segment": scores[customer]["rfm_segment"] if customer in scores else None,
            "orders": len(own),
            "net_revenue": _total(o["net_revenue"] for o in own),
            "first_order_date": min(days, default=None),
            "last_order_date": max(days, default=None),
            "recency_days": (company.as_of - max(days)).days if days else None,
            "is_reachable_email": has_email and granted[customer, "email"] == {"granted"},
            "is_reachable_phone": has_phone and granted[customer, "phone"] == {"granted"},
            "source_record_count": records[customer],
            "first_seen_at": min(seen, default=None),
            "as_of": company.as_of,
        }
    return result


def _consents(company: Company) -> dict[tuple[str, str], set[str]]:
    """What the records of a customer say last of marketing, by customer and channel."""
    last: dict[tuple[Any, ...], tuple[datetime, str]] = {}
    for row in latest(company.home, "consents"):
        reference = company.reference(row)
        if reference and row["purpose"] == "marketing" and row["occurred_at"] < company.end:
            event = (row["occurred_at"], row["status"])
            key = (*reference, row["channel"])
            last[key] = max(last.get(key, event), event)
    result: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (system, record, channel), (_, status) in last.items():
        result[company.customers[system, record], channel].add(status)
    return result


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _mean(amounts: list[Decimal]) -> float | None:
    return float(sum(amounts)) / len(amounts) if amounts else None


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((a for a in amounts if a is not None), Decimal("0.00"))
