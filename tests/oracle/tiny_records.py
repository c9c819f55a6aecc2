"""Who the people of tiny companies are, and what the companies aim at."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.oracle.company import Row
from tests.oracle.dice import Dice


class Records(Dice):
    """Leads, contacts, accounts, members, subscribers, referrals; and objectives."""

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
            "max_contacts_per_week": self._one(None, None, None, 0, 1, 5),
            "is_deceased": self._one(None, False, False, True),
            "is_test": self._one(None, False, False, True),
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

    def _links(self) -> list[Row]:
        """What identity finds of customers who belong together, each two and kind once."""
        kinds = {"household": "address", "shared_mailbox": "email", "shared_phone": "phone"}
        customers = sorted(set(self.customers.values()))
        links = {}
        for _ in range(self._number(0, 3)):
            one, other = sorted((self._one(*customers), self._one(*customers)))
            if one != other:
                kind = self._one(*kinds)
                links[one, other, kind] = {
                    "customer_id_a": one,
                    "customer_id_b": other,
                    "kind": kind,
                    "evidence": kinds[kind],
                    "members": self._number(2, 6),
                }
        return list(links.values())

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
