"""Facts of the relationship: quotes, cases, interactions, answers, surveys, leads, referrals."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import cached_property

from tests.oracle.company import Company, Row
from tests.oracle.facts import Facts

RESCUE = timedelta(days=30)
REOPEN = timedelta(days=7)
UNANSWERED = {
    *("no answer", "not reached", "unreachable", "voicemail", "wrong number", "wrong address"),
}


class Relations:
    """What customers and the company said to each other before as_of."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.company: Company = facts.company

    @cached_property
    def quotes(self) -> list[Row]:
        """fct_quotes: one row per quote, as it stood at as_of.

        What was decided at as_of or later was open, and so is what was opened again, whatever
        decision it still carries. A decision whose time the source does not say was made when the
        quote was last changed. Its rate is that of the day on which it was made. It became an
        order only if it was won.
        """
        result = []
        for row in self._before("quotes", "quoted_at"):
            day = self.company.day(row["quoted_at"])
            rate, rate_day = self.company.rate(row["currency"], day)
            decided = row.get("decided_at") or row.get("updated_at")
            is_open = row["status"] == "open" or (decided and decided >= self.company.end)
            if is_open:
                decided = None
            won = row["status"] == "won" and not is_open
            result.append(
                {
                    **self._named(row),
                    "quote_key": f"{row['source_system']}|{row['quote_id']}",
                    "quote_id": row["quote_id"],
                    "account_key": _key(row, "account_id"),
                    "quoted_at": row["quoted_at"],
                    "quote_date": day,
                    "valid_until": row.get("valid_until"),
                    "status": "open" if is_open else row["status"],
                    "decided_at": decided,
                    "decided_date": decided and self.company.day(decided),
                    "amount_original": row["amount"],
                    "currency": row["currency"].upper(),
                    "fx_rate": rate,
                    "fx_date": rate_day,
                    "is_fx_missing": rate is None,
                    "amount": self.company.money(row["amount"], row["currency"], day),
                    "order_key": self._order(row) if won else None,
                    "employee_id": row.get("employee_id"),
                }
            )
        return result

    @cached_property
    def cases(self) -> list[Row]:
        """fct_service_cases: one row per case, as it stood at as_of: what came later did not yet.

        Open is what was not resolved, or opened again since. Reopened soon is what was opened
        again before it was last resolved or within seven days of that, and what is still open
        after it was opened again. ``acted_in_time`` is unknown while there is time left.
        """
        end = self.company.end
        result = []
        for row in self._before("service_cases", "opened_at"):
            first, resolved, reopened = (
                moment if (moment := row.get(name)) and moment < end else None
                for name in ("first_action_at", "resolved_at", "reopened_at")
            )
            rescue_by = (row.get("incident_at") or row["opened_at"]) + RESCUE
            in_time = first <= rescue_by if first else (None if end <= rescue_by else False)
            again = resolved and reopened and reopened >= resolved
            result.append(
                {
                    **self._named(row),
                    "case_key": f"{row['source_system']}|{row['case_id']}",
                    "case_id": row["case_id"],
                    "kind": row["kind"],
                    "topic": row.get("topic"),
                    "is_resolved_first_contact": bool(
                        row.get("is_resolved_first_contact")
                        and not (row.get("resolved_at") and row["resolved_at"] >= end)
                    ),
                    "product_key": self.facts.product(
                        row["source_system"], row.get("product_id") or ""
                    )[0],
                    "owner": row.get("owner"),
                    "opened_at": row["opened_at"],
                    "opened_date": self.company.day(row["opened_at"]),
                    "incident_at": row.get("incident_at"),
                    "first_action_at": first,
                    "resolved_at": resolved,
                    "reopened_at": reopened,
                    "is_open": resolved is None or bool(again),
                    "is_reopened_soon": bool(
                        reopened and (resolved is None or reopened <= resolved + REOPEN)
                    ),
                    "rescue_by": rescue_by,
                    "acted_in_time": in_time,
                    "order_key": self._order(row),
                    "csat_of_5": self._csat(row),
                }
            )
        return result

    @cached_property
    def surveys(self) -> list[Row]:
        """fct_survey_responses before as_of; one answered at as_of or later is not answered yet."""
        result = []
        for row in self.company.latest("survey_responses"):
            sent = row.get("sent_at") or row.get("answered_at")
            if sent and sent >= self.company.end:
                continue
            answered = row.get("answered_at")
            answered = answered if answered and answered < self.company.end else None
            result.append(
                {
                    **self._named(row),
                    "response_key": f"{row['source_system']}|{row['response_id']}",
                    "response_id": row["response_id"],
                    "survey": row["survey"],
                    "kind": row["kind"],
                    "sent_at": sent,
                    "sent_date": sent and self.company.day(sent),
                    "answered_at": answered,
                    "is_answered": answered is not None,
                    "score_of_5": of_5(row) if answered else None,
                    "case_key": _key(row, "case_id"),
                    "is_scored": answered is not None and row.get("score") is not None,
                }
            )
        return result

    @cached_property
    def interactions(self) -> list[Row]:
        """fct_interactions before as_of.

        Who started it is, where the source is silent, the company for a call and the customer for
        all else. A customer took part in all but what an outcome says did not reach them; of a
        call of the company without an outcome nobody knows. A day promised is a promise.
        """
        return [
            {
                **self._named(row),
                "interaction_key": f"{row['source_system']}|{row['interaction_id']}",
                "interaction_id": row["interaction_id"],
                "topic": row.get("topic"),
                "has_next_step": row.get("next_step") is not None
                or row.get("next_step_on") is not None,
                "next_step_on": row.get("next_step_on"),
                "occurred_at": row["occurred_at"],
                "interaction_date": self.company.day(row["occurred_at"]),
                "kind": row["kind"],
                "direction": row.get("direction") or ("out" if row["kind"] == "call" else "in"),
                "outcome": row.get("outcome"),
                "is_answered": _took_part(row),
                "employee_id": row.get("employee_id"),
                "store_id": row.get("store_id"),
            }
            for row in self._before("interactions", "occurred_at")
        ]

    @cached_property
    def referrals(self) -> list[Row]:
        """fct_referrals before as_of."""
        result = []
        for row in self._before("referrals", "referred_at"):
            referred = None
            if row.get("referred_id") is not None:
                system = row.get("referred_system") or row["source_system"]
                referred = self.company.truth[system, row["referred_id"]]
            result.append(
                {
                    **self._named(row),
                    "referral_key": f"{row['source_system']}|{row['referral_id']}",
                    "referral_id": row["referral_id"],
                    "referred_customer_id": referred,
                    "referred_at": row["referred_at"],
                    "referral_date": self.company.day(row["referred_at"]),
                    "channel": row.get("channel"),
                }
            )
        return result

    @cached_property
    def leads(self) -> list[Row]:
        """fct_leads: people whom a system lists as leads, unless they were made at as_of or later.

        An answer at as_of or later was not given yet. Their numbers are no number of anything.
        """
        end = self.company.end
        result = []
        for row in self.company.latest("leads"):
            made = row.get("created_at")
            if made is not None and made >= end:
                continue
            answered = row.get("first_response_at")
            result.append(
                {
                    "source_system": row["source_system"],
                    "record_id": row["record_id"],
                    "customer_id": self.company.truth[row["source_system"], row["record_id"]],
                    "lead_at": made,
                    "lead_date": made and self.company.day(made),
                    **{name: row.get(name) for name in ("lead_source", "status", "interest")},
                    "owner": row.get("owner"),
                    "first_response_at": answered if answered and answered < end else None,
                }
            )
        return result

    @cached_property
    def answers(self) -> list[Row]:
        """fct_profile_answers before as_of; the last of a customer and question is current.

        A need that an answer states is an answer, with or without its words. Of two of one moment
        the last by system and id; nobody's answer is nobody's last.
        """
        result = []
        last: dict[tuple[str, str], Row] = {}
        for row in self._before("profile_answers", "answered_at"):
            fact = {
                **self._named(row),
                "answer_key": f"{row['source_system']}|{row['answer_id']}",
                "answer_id": row["answer_id"],
                "question": row["question"],
                "need": row.get("need"),
                "has_answer": row.get("answer") is not None or row.get("need") is not None,
                "answered_at": row["answered_at"],
                "answer_date": self.company.day(row["answered_at"]),
                "is_current": False,
            }
            result.append(fact)
            if fact["customer_id"] is None:
                continue
            place = (fact["customer_id"], fact["question"])
            before = last.get(place)
            names = ("answered_at", "source_system", "answer_id")
            if before is None or [fact[n] for n in names] > [before[n] for n in names]:
                last[place] = fact
        for fact in last.values():
            fact["is_current"] = True
        return result

    def _before(self, source: str, moment: str) -> list[Row]:
        return [row for row in self.company.latest(source) if row[moment] < self.company.end]

    def _named(self, row: Row) -> Row:
        return {
            "source_system": row["source_system"],
            "customer_id": self.company.customer(row),
            "is_identifiable": self.company.reference(row) is not None,
        }

    @cached_property
    def _orders_by_number(self) -> dict[str, dict[str, str]]:
        orders: dict[str, dict[str, str]] = defaultdict(dict)
        for order in self.facts.orders:
            orders[order["order_id"]][order["source_system"]] = order["order_key"]
        return orders

    def _order(self, row: Row) -> str | None:
        """The order of a number: that of the own system, else the only one of all systems."""
        known = self._orders_by_number.get(row.get("order_id") or "", {})
        if row["source_system"] in known:
            return known[row["source_system"]]
        return next(iter(known.values())) if len(known) == 1 else None

    def _csat(self, row: Row) -> float | None:
        """The score of the case, or else of the last survey about it that was scored.

        Case and relationship CSAT are kept apart, so a survey about the relationship is none.
        """
        if row.get("csat") is not None:
            return of_5({"score": row["csat"], "score_max": row.get("csat_max")})
        scored = [
            (survey["answered_at"], survey["response_key"], survey["score_of_5"])
            for survey in self.surveys
            if survey["case_key"] == _key(row, "case_id")
            and survey["kind"] == "case"
            and survey["is_scored"]
        ]
        return max(scored, key=lambda survey: survey[:2])[2] if scored else None


def _key(row: Row, name: str) -> str | None:
    return f"{row['source_system']}|{row[name]}" if row.get(name) is not None else None


def of_5(row: Row) -> float | None:
    """A score on a scale that ends at 5; without an end of its scale it says nothing."""
    if row.get("score") is None or not row.get("score_max"):
        return None
    return float(row["score"] / row["score_max"] * 5)


def is_reached(outcome: str) -> bool:
    """Whether an outcome says that somebody was reached."""
    return outcome.strip().lower().replace("_", " ") not in UNANSWERED


def _took_part(row: Row) -> bool | None:
    outcome: str | None = row.get("outcome")
    if outcome is not None:
        return is_reached(outcome)
    called_out = row["kind"] == "call" and (row.get("direction") or "out") == "out"
    return None if called_out else True
