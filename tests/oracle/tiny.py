"""Tiny companies whose facts lie where definitions turn: edges of windows, midnights, ties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tests.oracle.company import Company, Row, email_record, phone_record
from tests.oracle.tiny_campaigns import Campaigns
from tests.oracle.tiny_records import Records
from tests.oracle.tiny_service import Service
from tests.oracle.tiny_trade import Trade

# The day after the end of summer time, a week after a leap year's February, the first day of a
# year, and ninety days after one.
DAYS = (date(2026, 10, 26), date(2024, 3, 8), date(2026, 1, 1), date(2026, 4, 1))


class Maker(Trade, Campaigns, Service, Records):
    """Makes one company, source by source."""

    def company(self) -> Company:
        """A company with some of everything, and now and then nothing of something."""
        self._who_is_who()
        for source, make, most in (
            ("orders", self._order, 22),
            ("orders", self._regular, 14),
            ("orders", self._refund, 5),
            ("order_lines", self._line, 20),
            ("products", self._product, 5),
            ("fx_rates", self._rate, 6),
            ("consents", self._consent, 8),
            ("campaigns", self._campaign, 3),
            ("campaign_messages", self._message, 14),
            ("audience_pulls", self._pull, 12),
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
        return Company(
            self.as_of, self.landed, self.customers, self.golden, self.merges, self._links()
        )

    def _land(self, source: str, make: Callable[[], Row], most: int) -> None:
        rows = self.landed.get(source, [])
        rows = rows + [make() for _ in range(self.random.randint(0, most))]
        for place, row in enumerate(rows):
            # Two rows of one key are versions of it: the later batch, and row in it, counts.
            row.update(batch_rank=place // 3, batch_row=place % 3)
        self.landed[source] = rows

    def _who_is_who(self) -> None:
        """Customers with records in some systems, and with an e-mail or phone of their facts."""
        self.golden["C"] = {}
        self.customers["crm", "unheard of"] = "C"
        for number in range(self.random.randint(0, 6)):
            customer = f"C{number}"
            if self._one(True, False, False):
                self.stops[customer] = self._stop()
            if self._rarely():
                self.merges.append(
                    {
                        "old_customer_id": f"OLD{number}",
                        "current_customer_id": customer,
                        "valid_from": self._moment(),
                    }
                )
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
                    if system == "crm":
                        row["account_id"] = self._one(None, "A1", "A2")
                    self.landed.setdefault(source, []).append(row)
            self.golden[customer] = {
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
