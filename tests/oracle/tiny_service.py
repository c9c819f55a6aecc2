"""What the customers of tiny companies say to them."""

from __future__ import annotations

from datetime import timedelta

from tests.oracle.company import Row
from tests.oracle.dice import ORDERS, PRODUCTS, Dice


class Service(Dice):
    """Cases, surveys, interactions and answers."""

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
