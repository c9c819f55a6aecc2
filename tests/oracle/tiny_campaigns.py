"""What tiny companies say to their customers, and what that costs and brings."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.oracle.company import Row
from tests.oracle.dice import CAMPAIGNS, CURRENCIES, PRODUCTS, Dice


class Campaigns(Dice):
    """Consents, campaigns and their messages, pulls, costs and outcomes, and visits to the web."""

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
        system = self._one("mailing", "mailing", "ads")
        buyer, at = self._before_an_order()
        return {
            **(buyer or self._person(system)),
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
            "event_at": at,
        }

    def _pull(self) -> Row:
        own = [("cartera", customer) for customer in set(self.customers.values())]
        own += [("cartera", merge["old_customer_id"]) for merge in self.merges]
        system, record = self._one(*self.people, ("crm", "unheard of"), *sorted(own))
        buyer, at = self._before_an_order()
        return {
            "source_system": self._one("cartera", "cartera", "mailing"),
            "pull_id": self._one("L1", "L2", "L3"),
            **(buyer or {"party_system": system, "party_id": record}),
            "audience": self._one("champions", "vips"),
            "campaign_id": self._one(*CAMPAIGNS, *CAMPAIGNS, CAMPAIGNS[0], None),
            "variant": self._one(None, "a", "b"),
            "bucket": self._one("list", "list", "list", "holdout", "holdout", "excluded"),
            "reason": self._one(None, "no consent"),
            "channel": self._one(None, "email", "phone"),
            "purpose": self._one(None, "marketing", "service"),
            # Two of five are held out, as meant; pulls of before do not say what was.
            "holdout_percent": 40.0 if buyer else None,
            "pulled_at": at,
        }

    def _event(self) -> Row:
        at = self._moment()
        if self._often():
            # Sessions are made of moments that lie close together.
            at = self.edges[0] - timedelta(days=40) + timedelta(minutes=30 * self._number(0, 4))
            at += timedelta(seconds=self._number(-1, 1))
        return {
            **(self._person("web") if self._one(True, False) else {}),
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
            "outcome": self._one("reached", "Voicemail", "wrong_address", "opt_out"),
            "occurred_at": self._moment(),
            "channel": self._one("phone", "phone", "email"),
        }
