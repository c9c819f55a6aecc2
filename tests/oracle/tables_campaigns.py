"""The tables of campaigns that the oracle compares, each with its columns."""

from __future__ import annotations

from tests.oracle import attribution, campaign_days, campaign_money, campaigns, lift, lists, policy
from tests.oracle.table import Table

INTERVAL = ("abs_lift", "ci_low", "ci_high", "rel_lift", "is_significant", "is_reliable")

CAMPAIGNS: tuple[Table, ...] = (
    Table(
        "campaign_performance",
        ("source_system", "campaign_id", "variant", "step"),
        (
            *("campaign_name", "targeted", "held_out", *campaigns.EVENTS, *campaigns.RATES),
            *campaigns.NO_ADS,
        ),
        campaigns.performance,
    ),
    Table(
        "campaign_lift",
        ("campaign_id", "variant"),
        (
            *("treated", "held_out", "treated_conversions", "holdout_conversions"),
            *("treated_rate", "holdout_rate", "incremental_conversions", *INTERVAL),
        ),
        lift.campaign_lift,
    ),
    Table(
        "variant_lift",
        ("campaign_id", "variant", "other_variant"),
        (
            *("customers", "other_customers", "conversions", "other_conversions"),
            *("rate", "other_rate", *INTERVAL),
        ),
        lift.variant_lift,
    ),
    Table(
        "channel_removal_effects",
        ("channel",),
        ("state", "touches", "removal_effect"),
        attribution.effects,
    ),
    Table(
        "attribution_credits",
        ("order_key", "model", "touch_key"),
        (
            *("channel", "campaign_id", "campaign_key", "place", "credit", "revenue_credit"),
            "contribution_credit",
        ),
        attribution.credits,
    ),
    Table(
        "campaign_cost_types",
        ("source_system", "campaign_id", "cost_type"),
        ("campaign_key", "costs", "unknown_costs", "amount"),
        campaign_money.cost_types,
    ),
    Table(
        "campaign_roi",
        ("campaign_key",),
        (
            *("source_system", "campaign_id", "campaign_name", "media_cost", "other_cost"),
            *("total_cost", "unknown_costs", "attributed_revenue", "attributed_contribution"),
            *("incremental_contribution", "roas", "roi", "incremental_roi"),
        ),
        campaign_money.roi,
    ),
    Table(
        "campaign_day_after",
        ("campaign_id", "campaign_key", "compared_with", "day_after"),
        (
            *("is_causal", "customers", "compared_customers", *campaign_days.NAMES),
            *(f"compared_{name}" for name in campaign_days.NAMES),
        ),
        campaign_days.day_after,
    ),
    Table(
        "campaign_contacts",
        ("campaign_key",),
        (
            *("source_system", "campaign_id", "target_segment", "customers", "contacts"),
            *("judged_contacts", "off_target_contacts", "off_target_rate", "lapsed_customers"),
            *("reactivated_customers", "reactivation_rate"),
        ),
        campaign_days.contacts,
    ),
    Table(
        "list_results",
        ("pull_id",),
        (
            *("audience", "channel", "purpose", "pulled_at", "is_over", "response_days"),
            *("listed", "listed_buyers", "listed_net_revenue", "held_out", "held_out_buyers"),
            *("held_out_net_revenue", "excluded"),
        ),
        lists.results,
    ),
    Table(
        "contact_reasons",
        ("customer_id", "channel", "purpose"),
        ("has_consent", "suppression_reasons"),
        policy.contact_reasons,
    ),
    Table(
        "contact_policy",
        ("customer_id", "purpose"),
        (
            *("preferred_channel", "preferred_by", "best_hour", "max_contacts_per_week"),
            *("contacts_last_week", "has_consent", "suppressed", "suppression_reasons"),
        ),
        policy.contact_policy,
    ),
)
