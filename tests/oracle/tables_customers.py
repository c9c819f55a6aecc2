"""The marts of customers, value and prediction that the oracle knows."""

from __future__ import annotations

from tests.oracle import everyone, fits, prediction, rfm, timeline, value, worth
from tests.oracle.table import Table

CUSTOMERS = (
    Table(
        "customer_360",
        ("customer_id",),
        (
            *("lifecycle_stage", "relationship_stage", "rfm_segment", "abc_class", "value_tier"),
            *("is_worst_candidate", "orders", "net_revenue", "contribution"),
            *("lifetime_contribution", "first_order_date", "last_order_date", "recency_days"),
            *("usual_gap_days", "clv", "churn_risk", "preferred_channel", "preferred_by"),
            *("is_reachable_email", "is_reachable_phone", "acquisition_channel"),
            *("primary_need", "country", "language", "home_store_id", "account_owner"),
            *("loyalty_tier", "completeness", "is_stale", "is_deceased", "is_test"),
            *("source_record_count", "first_seen_at", "last_confirmed_at", "as_of"),
        ),
        everyone.customer_360,
    ),
    Table(
        "customer_rfm",
        ("customer_id",),
        (
            *("recency_days", "frequency", "monetary", "r_score", "f_score", "m_score"),
            *("rfm_score", "rfm_segment"),
        ),
        rfm.rfm,
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
        "clv_fits",
        ("model",),
        (
            *("fit_id", "parameters", "standard_errors", "log_likelihood", "customers", "status"),
            *("reason", "as_of"),
        ),
        fits.clv_fits,
    ),
    Table(
        "customer_value",
        ("customer_id",),
        (
            *("orders", "net_revenue", "order_contribution", "unknown_orders", "contact_cost"),
            *("service_cost", "contribution", "expected_orders", "contribution_per_order"),
            *("potential", "abc_class", "share_before", "value_tier", "bz_actual_only"),
            *("revenue_recent", "revenue_year_before", "revenue_before", "decline_ratio"),
            *("is_in_worst_share", "has_rescue_alert", "is_worst_candidate", "worst_reasons"),
        ),
        value.customer_value,
    ),
    Table(
        "segment_history",
        ("customer_id", "month_end"),
        ("rfm_segment", "abc_class", "value_tier"),
        worth.segment_history,
    ),
    Table(
        "segment_migrations",
        ("month_end", "scheme", "from_segment", "to_segment"),
        ("is_move", "customers", "share_of_from"),
        worth.segment_migrations,
        joined="migration_key",
    ),
    Table(
        "customer_alerts",
        ("customer_id", "kind", "case_key"),
        (
            *("severity", "decline_ratio", "last_order_date", "topic", "opened_at", "is_open"),
            *("rescue_by", "acted_in_time", "lost_at", "valuable_until"),
        ),
        value.alerts,
        joined="alert_key",
    ),
    Table(
        "effort_by_class",
        ("abc_class",),
        (
            *("customers", "contacts", "contact_cost", "cases", "case_hours", "service_cost"),
            *("contribution", "customers_share", "contacts_share", "contact_cost_share"),
            *("case_hours_share", "contribution_share"),
        ),
        value.effort_by_class,
    ),
    Table(
        "customer_needs",
        ("customer_id", "origin", "need"),
        ("observed_at", "times", "is_primary"),
        everyone.customer_needs,
        joined="need_key",
    ),
    Table(
        "customer_timeline",
        ("event_key",),
        (
            *("customer_id", "happened_at", "event_date", "kind", "direction", "channel"),
            *("subject", "outcome", "amount", "fact_key"),
        ),
        timeline.customer_timeline,
    ),
)
