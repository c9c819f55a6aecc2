"""The marts of KPIs, service, products and targeting that the oracle knows."""

from __future__ import annotations

from tests.oracle import (
    buyers,
    everyone,
    funnel,
    identified,
    kpis,
    measures,
    objectives,
    products,
    service,
    targeting,
)
from tests.oracle.table import Table

SALES = (
    *("orders", "identified_orders", "buyers", "new_buyers", "gross_revenue", "discount"),
    *("revenue_by_order_date", "refunds_booked", "kept_revenue", "rated_orders", "net_revenue"),
    *("contribution", "identification_rate", "average_order_value", "is_complete"),
)
KPIS = (
    Table("kpi_daily", ("date", "channel"), SALES, kpis.daily),
    Table("kpi_monthly", ("month", "channel"), SALES, kpis.monthly),
    Table(
        "retention",
        ("period_kind", "period_start", "dimension", "member"),
        (
            *("start_buyers", "new_buyers", "end_buyers", "retained_buyers", "lost_buyers"),
            *("retention_rate", "churn_rate"),
        ),
        buyers.retention,
    ),
    Table(
        "cohort_retention",
        ("cohort_month", "period"),
        ("cohort_size", "active_customers", "retention_rate"),
        buyers.cohort_retention,
    ),
    Table(
        "acquisition",
        ("month", "channel"),
        ("spend", "new_buyers", "cac", "ltv", "ltv_cac"),
        buyers.acquisition,
    ),
    Table(
        "sales_funnel",
        ("period_kind", "period_start"),
        (
            *("leads", "quoted_leads", "won_leads", "ordered_leads", "convertible_leads"),
            *("converted_leads", "quotes", "won_quotes", "lost_quotes", "decided_quotes"),
            *("open_quotes", "ordered_quotes", "open_value", "lead_to_quote_rate"),
            *("quote_to_won_rate", "won_to_order_rate", "win_rate", "lead_conversion"),
            *("days_to_quote_median", "days_to_quote_p90", "days_to_win_median"),
            *("days_to_win_p90", "days_to_order_median", "days_to_order_p90"),
            *("answered_leads", "response_hours_median", "response_hours_p90"),
        ),
        funnel.sales_funnel,
    ),
    Table(
        "referrals",
        ("period_kind", "period_start"),
        (
            *("referrals", "referrers", "referred_leads", "referred_buyers", "net_revenue"),
            *("referral_conversion", "referrals_per_referrer"),
        ),
        buyers.referrals,
    ),
    Table(
        "identification",
        ("period_kind", "period_start", "fact", "source_system", "channel"),
        ("facts", "identified_facts", "identification_rate"),
        identified.identification,
    ),
    Table(
        "duplicates",
        ("source_system",),
        ("source_records", "customers", "duplicate_rate"),
        buyers.duplicates,
    ),
    Table(
        "profile_coverage",
        ("dimension", "member", "kind", "item"),
        ("customers", "customers_with", "share"),
        everyone.profile_coverage,
    ),
    Table(
        "service_kpis",
        ("period_kind", "period_start", "topic"),
        (
            *("cases", "complaints", "settled_of", "settled_at_once"),
            *("first_contact_resolution", "settled_of_weight", "settled_at_once_weight"),
            *("first_contact_resolution_by_value", "resolved_complaints"),
            *("hours_to_resolve_median", "hours_to_resolve_p90", "hours_to_resolve_by_value"),
            *("contacting_customers", "repeating_customers", "repeat_contact_rate"),
            *("case_scored", "case_score", "case_csat", "case_scored_share"),
            *service.SURVEYED,
            *service.RESCUED,
        ),
        service.service_kpis,
    ),
    Table(
        "complaints_by_segment",
        ("period_kind", "period_start", "dimension", "member"),
        (
            *("complaints", "orders", "complaints_per_100_orders", "settled_at_once_share"),
            *("complaints_weight", "complaints_weight_share"),
        ),
        service.complaints_by_segment,
    ),
    Table(
        "price_response",
        ("rfm_segment", "category", "discount_band"),
        ("orders", "units", "net_revenue", "contribution", "unit_share"),
        products.price_response,
    ),
    Table(
        "product_kpis",
        ("product_id",),
        (
            *("orders", "units", "net_revenue", "returned_units", "return_rate", "complaints"),
            *("complaints_per_100_orders", "entry_buyers", "entry_share", "entry_clv"),
        ),
        products.product_kpis,
    ),
    Table(
        "ropo",
        ("period_kind", "period_start"),
        (
            *("store_orders", "identified_store_orders", "ropo_orders", "online_orders"),
            *("identified_online_orders", "showroomed_orders", "ropo_revenue"),
            *("showroomed_revenue", "ropo_rate", "identified_store_share"),
            *("showrooming_rate", "identified_online_share"),
        ),
        products.ropo,
    ),
    Table(
        "product_pairs",
        ("product_id", "other_product_id"),
        ("buyers", "support", "confidence", "lift"),
        targeting.product_pairs,
    ),
    Table(
        "next_best_products",
        ("customer_id", "kind", "rank"),
        (
            *("product_id", "because_product_id", "support", "confidence", "lift"),
            *("price_ratio", "reason"),
        ),
        targeting.next_best_products,
    ),
    Table(
        "next_questions",
        ("customer_id", "rank"),
        ("question", "attribute"),
        everyone.next_questions,
    ),
    Table(
        "kpi_objectives",
        ("source_system", "objective_id"),
        (
            *("metric", "segment", "period_start", "period_end", "change_kind", "direction"),
            *("baseline", "range_low", "range_high", "target", "actual_period_kind"),
            *("actual_period_start", "actual_period_end", "actual", "gap", "is_reached"),
            *("line_value", "is_on_track"),
        ),
        objectives.kpi_objectives,
    ),
    Table(
        "kpi_values",
        ("metric", "period_kind", "period_start", "dimension", "member"),
        ("value", "numerator", "denominator"),
        measures.kpi_values,
    ),
)
