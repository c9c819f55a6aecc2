"""What an oracle computes from: the rows that a company's systems delivered, and who is who.

Nothing here is SQL, and nothing is taken from the models: the rules are those of METRICS. Where
it is silent, the interpretation stands in the docstring of whoever makes it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

# Facts that Cartera recorded itself name a customer, not a source record.
OWN_SYSTEM = "cartera"
CENT = Decimal("0.01")
FX_MAX_AGE_DAYS = 7
MADRID = ZoneInfo("Europe/Madrid")
# Before and after all that there is, and since when something holds of which nobody says when.
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1, 9999))
BEGINNING = FIRST.replace(year=1900)
PEOPLE = ("crm_contacts", "shop_accounts", "loyalty_members", "newsletter_subscribers", "leads")
# Facts that name a person, and when each took place.
FACTS = {
    "audience_pulls": ("pulled_at",),
    "campaign_messages": ("event_at",),
    "consents": ("occurred_at",),
    "contact_outcomes": ("occurred_at",),
    "interactions": ("occurred_at",),
    "orders": ("ordered_at",),
    "profile_answers": ("answered_at",),
    "quotes": ("quoted_at",),
    "referrals": ("referred_at",),
    "service_cases": ("opened_at",),
    "survey_responses": ("sent_at", "answered_at"),
    "web_events": ("occurred_at",),
}
# The natural key of each source, within its system.
KEYS = {
    "accounts": ("account_id",),
    "ad_stats": ("campaign_id", "platform", "stat_date"),
    "audience_pulls": ("pull_id", "party_system", "party_id"),
    "campaign_costs": ("cost_id",),
    "campaign_messages": ("message_id", "event_type"),
    "campaigns": ("campaign_id",),
    "consents": ("consent_id",),
    "contact_outcomes": ("outcome_id",),
    "fx_rates": ("currency", "rate_date"),
    "interactions": ("interaction_id",),
    "objectives": ("objective_id",),
    "order_lines": ("order_id", "line_id"),
    "orders": ("order_id",),
    "products": ("product_id",),
    "profile_answers": ("answer_id",),
    "quotes": ("quote_id",),
    "referrals": ("referral_id",),
    "service_cases": ("case_id",),
    "survey_responses": ("response_id",),
    "web_events": ("event_id",),
    **dict.fromkeys(PEOPLE, ("record_id",)),
}
# The key of every company of the tests.
KEY = b"a key of the tests"
# The status of parameters that nothing was fitted for.
GIVEN = "given"


@dataclass(frozen=True)
class Fit:
    """A fit of a model: its parameters in the order of the papers, or None if it was refused.

    errors are the parameters' standard errors, which fits that are given have none of. What they
    and the reason should be no definition tells: tests/prediction/test_cdnow.py holds them
    against the curvature of the oracle's likelihood.
    """

    fit_id: str
    parameters: tuple[float, ...] | None
    status: str = GIVEN
    errors: tuple[float, ...] | None = None
    reason: str | None = None


# What is published of CDNOW's sample: a tiny company has no fit of its own. v has more digits than
# are published: without them, some amounts lie on half a cent, which floats round either way.
PUBLISHED = {
    "bg_nbd": Fit("bg_nbd", (0.243, 4.414, 0.793, 2.426)),
    "pareto_nbd": Fit("pareto_nbd", (0.553, 10.578, 0.606, 11.669)),
    "gamma_gamma": Fit("gamma_gamma", (6.25, 3.74, 15.4437)),
}


@dataclass
class Company:
    """A company on one day.

    landed: by source, every landed row with ``source_system``, oldest version first.
    truth: (system, record id) of a person to customer id, for more records than there may be.
    fits: by model, what was fitted; the scores are made of it.
    golden: by customer, the surviving attributes that are needed (e-mail, phone, country …).
    merges: ids of before, to whom each leads, and since when.
    links: who belongs together, as far as identity finds it.
    """

    as_of: date
    landed: Mapping[str, list[Row]]
    truth: Mapping[tuple[str, str], str]
    golden: Mapping[str, Row]
    merges: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    fits: Mapping[str, Fit] = field(default_factory=lambda: PUBLISHED)
    currency: str = "EUR"
    zone: ZoneInfo = MADRID

    @cached_property
    def customers(self) -> dict[tuple[str, str], str]:
        """Who is who, of the records that there are on the day.

        Those are the people that a system lists, unless they were made at as_of or later, and
        whom a fact before as_of names.
        """
        records = {
            (row["source_system"], row["record_id"])
            for source in PEOPLE
            for row in self.latest(source)
            if row.get("created_at") is None or row["created_at"] < self.end
        }
        for source, moments in FACTS.items():
            for row in self.latest(source):
                moment = next((row[m] for m in moments if row.get(m) is not None), None)
                reference = self.reference(row)
                if reference and (moment is None or moment < self.end):
                    records.add(reference)
        records |= {
            (row.get("referred_system") or row["source_system"], row["referred_id"])
            for row in self.latest("referrals")
            if row.get("referred_id") is not None and row["referred_at"] < self.end
        }
        return {record: self.truth[record] for record in records if record[0] != OWN_SYSTEM}

    @cached_property
    def known(self) -> dict[str, Row]:
        """The golden record of each customer who has a record on the day."""
        here = set(self.customers.values())
        return {customer: row for customer, row in self.golden.items() if customer in here}

    @cached_property
    def _merged(self) -> dict[str, str]:
        return {row["old_customer_id"]: row["current_customer_id"] for row in self.merges}

    @cached_property
    def end(self) -> datetime:
        """The exclusive end of the data: a UTC moment without a zone, as all moments here."""
        return self.midnight(self.as_of)

    def midnight(self, day: date) -> datetime:
        """The UTC moment in which a business day begins."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC).replace(tzinfo=None)

    def day(self, moment: datetime) -> date:
        """The business day of a UTC moment."""
        return _day(moment, self.zone)

    def latest(self, source: str) -> list[Row]:
        """One row per natural key of a system: the last version. A missing part is a value."""
        last: dict[tuple[Any, ...], Row] = {}
        for row in self.landed.get(source, ()):
            last[row["source_system"], *(row.get(name) for name in KEYS[source])] = row
        return list(last.values())

    def customer(self, row: Row) -> str | None:
        """Whom a fact names, if anybody."""
        reference = self.reference(row)
        if reference is None:
            return None
        system, record = reference
        if system == OWN_SYSTEM:
            record = self._merged.get(record, record)
            return record if record in self.known else None
        return self.truth[reference]

    @staticmethod
    def reference(row: Row) -> tuple[str, str] | None:
        """The record that a fact names: by id, else by an e-mail or else a phone of its own."""
        if row.get("party_id") is not None:
            return row.get("party_system") or row["source_system"], row["party_id"]
        if row.get("party_email") is not None:
            return row["source_system"], email_record(row["party_email"])
        if row.get("party_phone") is not None:
            return row["source_system"], phone_record(row["party_phone"])
        return None

    @cached_property
    def rates(self) -> dict[str, dict[date, Decimal]]:
        """By currency and day; a rate that is not above zero is none.

        Of several rates of one day, of several systems or written `usd` and `USD`, the highest
        counts: METRICS does not say which, and the models do so.
        """
        rates: dict[str, dict[date, Decimal]] = defaultdict(dict)
        for row in self.latest("fx_rates"):
            if row["reporting_currency"].upper() == self.currency and row["rate"] > 0:
                days = rates[row["currency"].upper()]
                days[row["rate_date"]] = max(row["rate"], days.get(row["rate_date"], row["rate"]))
        return rates

    def rate(self, currency: str | None, day: date) -> tuple[Decimal, date] | tuple[None, None]:
        """The last rate on ``day``, if it is not too old, and the day it is from."""
        if currency is None:
            return None, None
        if currency.upper() == self.currency:
            return Decimal(1), day
        known = self.rates.get(currency.upper(), {})
        for age in range(FX_MAX_AGE_DAYS + 1):
            before = day - timedelta(days=age)
            if before in known:
                return known[before], before
        return None, None

    def money(self, amount: Decimal | None, currency: str | None, day: date) -> Decimal | None:
        """``amount`` in the reporting currency, to the cent; None without a rate."""
        rate, _ = self.rate(currency, day)
        return None if amount is None or rate is None else cents(amount * rate)


@cache
def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def email_record(email: str) -> str:
    """The record id of somebody who is known by an e-mail only."""
    return _party("email", email.strip().lower())


def phone_record(phone: str) -> str:
    """The record id of somebody who is known by a phone only."""
    return _party("phone", phone)


@cache
def _party(kind: str, told: str) -> str:
    digest = hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
    text = f"party\x1f{kind}:{digest}".encode()
    return f"party:{hashlib.blake2b(text, digest_size=16, key=KEY).hexdigest()}"


def cents(amount: Decimal) -> Decimal:
    """Half a cent goes away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum of what is known."""
    return sum((amount for amount in amounts if amount is not None), Decimal("0.00"))


def ratio(numerator: Decimal | int | float, denominator: Decimal | int | float) -> float | None:
    """None where there is nothing to divide by."""
    return float(numerator) / float(denominator) if denominator else None


def month(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)
