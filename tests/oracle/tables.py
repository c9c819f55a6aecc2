"""Which tables the oracle knows, and how a table of the models is held against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle import campaigns, customers, kpis, prediction, value, web
from tests.oracle.company import Row, month
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations

TOLERANCE = 1e-9
Expected = Mapping[Any, Row]


@dataclass(frozen=True)
class Table:
    """A table of the models: its key, the columns that are compared, the oracle's rows by key."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    expect: Callable[[Facts], Expected]

    @property
    def wanted(self) -> tuple[str, ...]:
        return (*self.keys, *self.columns)


def by(key: str, rows: Iterable[Row]) -> dict[Any, Row]:
    """Rows by the value of a column that tells them apart."""
    rows = list(rows)
    result = {row[key]: row for row in rows}
    assert len(result) == len(rows), f"the oracle has {key} twice"
    return result


SALES = (
    *("orders", "identified_orders", "buyers", "new_buyers", "gross_revenue", "discount"),
    *("revenue_by_order_date", "refunds_booked", "identification_rate", "average_order_value"),
)
NAMED = ("source_system", "customer_id", "is_identifiable")
TABLES = (
    Table(
        "fct_orders",
        ("order_key",),
        (
            *("source_system", "order_id", "customer_id", "is_identifiable", "ordered_at"),
            *("order_date", "channel", "store_id", "employee_id", "campaign_id", "currency"),
            *("amount_original", "fx_rate", "fx_date", "is_fx_missing", "gross_revenue"),
            *("discount", "revenue", "refunded_amount", "net_revenue", "cost_of_goods"),
            *("contribution", "is_fully_refunded"),
        ),
        lambda facts: by("order_key", facts.orders),
    ),
    Table(
        "fct_refunds",
        ("refund_key",),
        (
            *("source_system", "refund_id", "order_key", "customer_id", "is_identifiable"),
            *("refunded_at", "refund_date", "channel", "currency", "amount_original", "fx_rate"),
            *("fx_date", "amount"),
        ),
        lambda facts: by("refund_key", facts.refunds),
    ),
    Table(
        "fct_order_lines",
        ("line_key",),
        (
            *("order_key", "source_system", "order_id", "line_id", "product_key", "product_id"),
            *("customer_id", "order_date", "quantity", "gross_revenue", "discount", "revenue"),
            "cost_of_goods",
        ),
        lambda facts: by("line_key", facts.lines),
    ),
    Table(
        "dim_products",
        ("product_key",),
        (
            *("source_system", "product_id", "name", "brand", "category", "subcategory"),
            *("unit_cost", "launched_on"),
        ),
        lambda facts: facts.products,
    ),
    Table(
        "fct_consents",
        ("consent_key",),
        (
            *("source_system", "customer_id", "is_identifiable", "channel", "purpose", "status"),
            *("occurred_at", "is_current"),
        ),
        lambda facts: by("consent_key", facts.consents),
    ),
    Table(
        "fct_campaign_messages",
        ("message_key",),
        (
            *("source_system", "message_id", "campaign_key", "campaign_id", "variant", "step"),
            *("channel", "event_type", "event_at", "event_date", "customer_id"),
            "is_identifiable",
        ),
        lambda facts: by("message_key", facts.messages),
    ),
    Table(
        "fct_web_sessions",
        ("session_key",),
        (
            *("source_system", "device_key", "customer_id", "identified_by", "has_login"),
            *("started_at", "ended_at", "session_date", "utm_campaign", "events"),
            *("product_views", "ad_clicks", "purchases"),
        ),
        lambda facts: web.sessions(facts.company),
    ),
    Table(
        "fct_quotes",
        ("quote_key",),
        (
            *NAMED,
            *(
                "account_key",
                "quote_id",
                "quoted_at",
                "quote_date",
                "valid_until",
                "status",
                "decided_at",
            ),
            *("decided_date", "amount_original", "currency", "fx_rate", "fx_date"),
            *("is_fx_missing", "amount", "order_key", "employee_id"),
        ),
        lambda facts: by("quote_key", Relations(facts).quotes),
    ),
    Table(
        "fct_service_cases",
        ("case_key",),
        (
            *NAMED,
            *("case_id", "kind", "topic", "owner", "opened_at", "opened_date", "incident_at"),
            *("is_resolved_first_contact", "product_key"),
            *("first_action_at", "resolved_at", "reopened_at", "is_open", "is_reopened_soon"),
            *("rescue_by", "acted_in_time", "order_key", "csat_of_5"),
        ),
        lambda facts: by("case_key", Relations(facts).cases),
    ),
    Table(
        "fct_survey_responses",
        ("response_key",),
        (
            *NAMED,
            *("case_key", "response_id", "survey", "kind", "sent_at", "sent_date", "answered_at"),
            *("is_answered", "score_of_5"),
        ),
        lambda facts: by("response_key", Relations(facts).surveys),
    ),
    Table(
        "fct_interactions",
        ("interaction_key",),
        (
            *NAMED,
            *("interaction_id", "topic", "has_next_step", "next_step_on", "occurred_at"),
            *("interaction_date", "kind", "direction"),
            *("outcome", "is_answered", "employee_id", "store_id"),
        ),
        lambda facts: by("interaction_key", Relations(facts).interactions),
    ),
    Table(
        "fct_referrals",
        ("referral_key",),
        (
            *NAMED,
            *("referral_id", "referred_customer_id", "referred_at", "referral_date", "channel"),
        ),
        lambda facts: by("referral_key", Relations(facts).referrals),
    ),
    Table(
        "fct_profile_answers",
        ("answer_key",),
        (
            *NAMED,
            *("answer_id", "question", "need", "has_answer", "answered_at", "answer_date"),
            "is_current",
        ),
        lambda facts: by("answer_key", Relations(facts).answers),
    ),
    Table(
        "dim_customers",
        ("customer_id",),
        (
            *("first_seen_at", "last_confirmed_at", "is_stale", "source_record_count"),
            *("source_systems", "country", "region", "language", "has_name", "has_email"),
            *("has_phone", "has_birth_date", "has_address", "has_tax_id", "has_loyalty_number"),
            "completeness",
        ),
        lambda facts: customers.dim_customers(facts.company),
    ),
    Table(
        "customer_360",
        ("customer_id",),
        (
            *(
                "clv",
                "churn_risk",
                "rfm_segment",
                "orders",
                "net_revenue",
                "first_order_date",
                "last_order_date",
            ),
            *("recency_days", "is_reachable_email", "is_reachable_phone", "country", "language"),
            *("source_record_count", "first_seen_at", "as_of"),
        ),
        customers.customer_360,
    ),
    Table(
        "customer_rfm",
        ("customer_id",),
        (
            *("recency_days", "frequency", "monetary", "r_score", "f_score", "m_score"),
            *("rfm_score", "rfm_segment"),
        ),
        value.rfm,
    ),
    Table(
        "customer_clv",
        ("customer_id",),
        (
            *("repeat_purchases", "recency_weeks", "age_weeks", "p_alive", "expected_orders"),
            *("expected_order_value", "clv", "churn_risk", "fit_id", "life_fit_id", "spend_fit_id"),
        ),
        prediction.customer_clv,
    ),
    Table(
        "customer_value",
        ("customer_id",),
        (
            *("orders", "net_revenue", "order_contribution", "unknown_orders"),
            *("expected_orders", "decline_ratio"),
        ),
        value.customer_value,
    ),
    Table("kpi_daily", ("date", "channel"), SALES, lambda facts: kpis.sales(facts, lambda d: d)),
    Table("kpi_monthly", ("month", "channel"), SALES, lambda facts: kpis.sales(facts, month)),
    Table(
        "campaign_performance",
        ("source_system", "campaign_id", "variant", "step"),
        (*("campaign_name", "targeted", "held_out", *campaigns.EVENTS, *campaigns.RATES),),
        campaigns.performance,
    ),
)


def differences(table: Table, facts: Facts, rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """What the models say of a table and the oracle does not, and the other way round."""
    expected = {
        key if isinstance(key, tuple) else (key,): row for key, row in table.expect(facts).items()
    }
    size = len(table.keys)
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    wrong = []
    for row in rows:
        if row[:size] in found:
            wrong.append(f"{table.name} {row[:size]} is there twice")
        found[row[:size]] = row[size:]
    wrong += [f"{table.name} {key} is missing" for key in expected if key not in found]
    wrong += [f"{table.name} {key} is too many" for key in found if key not in expected]
    for key, values in found.items():
        for column, told in zip(table.columns, values, strict=True):
            if key in expected and not same(expected[key][column], told):
                wrong.append(
                    f"{table.name} {key}: {column} is {told!r}, not {expected[key][column]!r}"
                )
    return wrong


def same(expected: Any, found: Any) -> bool:
    """Ratios to 1e-9; all else, money and counts among it, exactly."""
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(expected == found) and (expected is None) == (found is None)
