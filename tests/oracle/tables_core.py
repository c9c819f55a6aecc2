"""The tables of core that the oracle knows."""

from __future__ import annotations

from tests.oracle import accounts, costs, customers, history, periods, ties
from tests.oracle.consents import consents
from tests.oracle.relations import Relations
from tests.oracle.table import Table, by
from tests.oracle.touches import Touches
from tests.oracle.web import Web

NAMED = ("source_system", "customer_id", "is_identifiable")
CORE = (
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
        lambda facts: by("consent_key", facts.of(consents)),
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
            *("product_views", "ad_clicks", "purchases", "channel", "is_paid", "utm_source"),
            *("utm_medium", "device"),
        ),
        lambda facts: facts.of(Web).sessions,
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
        lambda facts: by("quote_key", facts.of(Relations).quotes),
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
        lambda facts: by("case_key", facts.of(Relations).cases),
    ),
    Table(
        "fct_survey_responses",
        ("response_key",),
        (
            *NAMED,
            *("case_key", "response_id", "survey", "kind", "sent_at", "sent_date", "answered_at"),
            *("is_answered", "score_of_5"),
        ),
        lambda facts: by("response_key", facts.of(Relations).surveys),
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
        lambda facts: by("interaction_key", facts.of(Relations).interactions),
    ),
    Table(
        "fct_referrals",
        ("referral_key",),
        (
            *NAMED,
            *("referral_id", "referred_customer_id", "referred_at", "referral_date", "channel"),
        ),
        lambda facts: by("referral_key", facts.of(Relations).referrals),
    ),
    Table(
        "fct_profile_answers",
        ("answer_key",),
        (
            *NAMED,
            *("answer_id", "question", "need", "has_answer", "answered_at", "answer_date"),
            "is_current",
        ),
        lambda facts: by("answer_key", facts.of(Relations).answers),
    ),
    Table(
        "dim_customers",
        ("customer_id",),
        (
            *("first_seen_at", "last_confirmed_at", "is_stale", "source_record_count"),
            *("source_systems", "country", "region", "language", "has_name", "has_email"),
            *("has_phone", "has_birth_date", "has_address", "has_tax_id", "has_loyalty_number"),
            *("completeness", "home_store_id", "account_owner", "preferred_channel"),
            *(
                "max_contacts_per_week",
                "loyalty_tier",
                "is_deceased",
                "is_test",
                "is_unsubscribed",
                "is_bounced",
            ),
        ),
        customers.dim_customers,
    ),
    Table(
        "customer_history",
        ("customer_id", "version"),
        ("valid_from", "valid_to", "is_current", *history.TOLD),
        history.customer_history,
        joined="customer_history_key",
    ),
    Table(
        "fct_touchpoints",
        ("touch_key",),
        (
            *("fact_key", "source_system", "customer_id", "touched_at", "touch_date"),
            *("direction", "kind", "channel", "campaign_id", "campaign_key", "variant", "step"),
            *("is_answered", "answered_at", "cost"),
        ),
        lambda facts: facts.of(Touches).all,
    ),
    Table(
        "fct_customer_costs",
        ("customer_id", "cost_date", "kind"),
        ("costs", "hours", "amount"),
        costs.customer_costs,
    ),
    Table(
        "fct_contact_outcomes",
        ("outcome_key",),
        (
            *("source_system", "outcome_id", "customer_id", "is_identifiable", "pull_id"),
            *("campaign_id", "campaign_key", "channel", "outcome", "is_answered"),
            *("occurred_at", "outcome_date"),
        ),
        lambda facts: by("outcome_key", facts.of(Touches).outcomes),
    ),
    Table(
        "fct_campaign_costs",
        ("cost_key",),
        (
            *("source_system", "cost_id", "campaign_id", "campaign_key", "cost_date"),
            *("cost_type", "is_media", "amount_original", "currency", "fx_rate", "fx_date"),
            *("is_fx_missing", "amount"),
        ),
        lambda facts: by("cost_key", facts.of(Touches).costs),
    ),
    Table(
        "fct_ad_stats",
        ("ad_stat_key",),
        (
            *("source_system", "campaign_id", "campaign_key", "platform", "stat_date"),
            *("impressions", "reach", "clicks", "spend_original", "currency", "fx_rate"),
            *("fx_date", "is_fx_missing", "spend"),
        ),
        lambda facts: by("ad_stat_key", facts.of(Touches).ads),
    ),
    Table(
        "fct_web_product_views",
        ("session_key", "product_id", "category"),
        ("customer_id", "session_date", "product_key", "first_viewed_at", "views"),
        lambda facts: facts.of(Web).product_views,
    ),
    Table(
        "dim_campaigns",
        ("campaign_key",),
        (
            *("source_system", "campaign_id", "name", "channel", "purpose", "owner"),
            *("response_route", "target_segment", "variants", "steps", "starts_at", "ends_at"),
        ),
        lambda facts: by("campaign_key", costs.campaigns(facts)),
    ),
    Table(
        "account_contacts",
        ("account_key", "customer_id"),
        ("source_record_count",),
        accounts.account_contacts,
        joined="account_contact_key",
    ),
    Table(
        "dim_accounts",
        ("account_key",),
        (
            *("source_system", "account_id", "has_record", "name", "industry", "country"),
            *("owner", "has_tax_id", "created_at", "created_date", "contacts"),
        ),
        accounts.accounts,
    ),
    Table(
        "fct_leads",
        ("lead_key",),
        (
            *("source_system", "customer_id", "lead_at", "lead_date", "lead_source", "status"),
            *("interest", "owner", "first_response_at"),
        ),
        accounts.leads,
    ),
    Table(
        "fact_counts",
        ("source_name", "source_system"),
        ("facts", "after_as_of", "without_time", "identifiable"),
        accounts.fact_counts,
        joined="fact_count_key",
    ),
    Table(
        "customer_links",
        ("customer_id_a", "customer_id_b", "kind"),
        ("evidence", "members", "since"),
        ties.customer_links,
        joined="customer_link_key",
    ),
    Table(
        "customer_merges",
        ("old_customer_id",),
        ("current_customer_id", "valid_from"),
        ties.customer_merges,
    ),
    Table(
        "web_identities",
        ("web_identity_key",),
        (
            *("source_system", "device_key", "customer_id", "valid_from", "valid_to"),
            *("first_login_at", "last_login_at", "login_sessions"),
        ),
        ties.web_identities,
    ),
    Table(
        "fct_audience_pulls",
        ("pull_key",),
        (
            *("source_system", "pull_id", "audience", "campaign_id", "variant", "bucket"),
            *("reason", "channel", "purpose", "holdout_percent", "pulled_at", "customer_id"),
            *("is_identifiable", "is_counted", "is_in_both_arms"),
        ),
        ties.audience_pulls,
    ),
    Table("dim_dates", ("date",), periods.DATE_COLUMNS, periods.dates),
)
