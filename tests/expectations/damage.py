"""For each rule, damage to the small candidate that this rule alone should notice.

Several damages share a copy to save time. They touch different rows, and each says how many
offenders its rule must count, so one that trips another's rule shows.
"""

from __future__ import annotations

from typing import NamedTuple


class Damage(NamedTuple):
    sql: str
    offenders: int | None = 1  # None: the rule looks at a whole table
    key: str = ""  # text that one of the keys must hold


_KEPT_APART = """
insert into work.identity.records
    select 'lead', 'x' || i, 'name' || i, 'x', 'SHARED1', null, null, null from range(4) as t(i);
insert into contacts.contacts.identity_map
    select 'lead', 'x' || i, if(i = 0, 'C1', 'C3'), 'new', null from range(4) as t(i)
"""

COPIES: tuple[dict[str, Damage], ...] = (
    {
        "batches_balance": Damage(
            "update warehouse.ops.batches set received = 5 where batch_id = 'b1'", 1, "batch_id=b1"
        ),
        "orders_unique": Damage(
            "update warehouse.core.fct_orders set order_key = md5('tillo1') where order_id = 'o2'",
            2,
            "order_key=",
        ),
        "order_lines_have_an_order": Damage(
            "insert into work.staging.stg_order_lines values ('till', 'o99', '1')",
            1,
            "order_id=o99",
        ),
        "orders_revenue_follows_rate": Damage(
            "update warehouse.core.fct_orders set fx_rate = 0.9 where order_id = 'o4'"
        ),
        "fct_orders_resolved": Damage(
            "update warehouse.core.fct_orders set is_identifiable = true where order_id = 'o2'"
        ),
        "customer_360_segment_known": Damage(
            "update warehouse.marts.customer_360 set rfm_segment = 'Loyalists' "
            "where customer_id = 'C1'",
            1,
            "customer_id=C1",
        ),
        "rfm_r_score_in_range": Damage(
            "update warehouse.marts.customer_rfm set r_score = 6 where customer_id = 'C1'"
        ),
        "rfm_f_score_in_range": Damage(
            "update warehouse.marts.customer_rfm set f_score = 0 where customer_id = 'C3'",
            1,
            "customer_id=C3",
        ),
        "rfm_m_score_in_range": Damage(
            "update warehouse.marts.customer_rfm set m_score = 9 where customer_id = 'C3'"
        ),
        "rfm_segment_known": Damage(
            "update warehouse.marts.customer_rfm set rfm_segment = 'Stars' where customer_id = 'C1'"
        ),
        "campaign_rates_in_range": Damage(
            "update warehouse.marts.campaign_performance set open_rate = 1.4", 1, "rate=open_rate"
        ),
        "months_equal_days": Damage(
            "update warehouse.marts.kpi_monthly set refunds_booked = refunds_booked + 1 "
            "where channel = 'store'",
            1,
            "period=2026-10-01, channel=store",
        ),
        "columns_described": Damage(
            "delete from warehouse.meta.columns where table_name = 'fct_orders' "
            "and column_name = 'revenue'",
            1,
            "column_name=revenue",
        ),
        "schema_version_present": Damage(
            "update warehouse.meta.publication set schema_version = null"
        ),
        "one_customer_per_tax_id": Damage(
            "update work.identity.records set tax_key = '12345678Z' where source_system = 'shop'",
            1,
            "customers=C1 C3",
        ),
        "columns_explained": Damage(
            "update warehouse.meta.columns set description = '' "
            "where table_name = 'kpi_daily' and column_name = 'buyers'",
            1,
            "column_name=buyers",
        ),
        "fct_campaign_messages_resolved": Damage(
            "update warehouse.core.fct_campaign_messages set customer_id = null "
            "where message_key = 'k1'",
            1,
            "message_key=k1",
        ),
        "no_missing_fx_rate": Damage(
            "insert into work.staging.stg_orders by name select 'till' as source_system, "
            "'o8' as order_id, 'order' as kind, 'completed' as status, "
            "timestamp '2026-10-02 08:00:00' as ordered_at, date '2026-10-02' as order_date, "
            "'GBP' as currency, 10 as gross_amount, 0 as discount_amount; "
            "insert into warehouse.core.fct_orders by name select 'k8' as order_key, "
            "'till' as source_system, 'o8' as order_id, false as is_identifiable, "
            "date '2026-10-02' as order_date, 'GBP' as currency, 10 as amount_original, "
            "true as is_fx_missing",
            1,
            "currency=GBP",
        ),
    },
    {
        "batches_present": Damage("delete from warehouse.ops.batches", None),
        "orders_in_equal_out": Damage(
            "delete from work.staging.stg_orders where order_id = 'o4'",
            1,
            "source_system=shop, order_date=2026-11-02, currency=EUR",
        ),
        "customer_360_unique": Damage(
            "insert into warehouse.marts.customer_360 "
            "from warehouse.marts.customer_360 where customer_id = 'C2'",
            2,
            "customer_id=C2",
        ),
        "customer_360_named": Damage(
            "insert into warehouse.marts.customer_360 by name select null as customer_id"
        ),
        "dim_customers_unique": Damage(
            "insert into warehouse.core.dim_customers "
            "from warehouse.core.dim_customers where customer_id = 'C2'",
            2,
        ),
        "rfm_unique": Damage(
            "insert into warehouse.marts.customer_rfm "
            "from warehouse.marts.customer_rfm where customer_id = 'C2'",
            2,
        ),
        "rfm_complete": Damage(
            "update warehouse.marts.customer_rfm set rfm_segment = null where customer_id = 'C3'"
        ),
        "customer_360_recency_positive": Damage(
            "update warehouse.marts.customer_360 set recency_days = 0 where customer_id = 'C1'"
        ),
        "customer_rfm_recency_positive": Damage(
            "update warehouse.marts.customer_rfm set recency_days = -3 where customer_id = 'C1'"
        ),
        "identity_map_unique": Damage(
            "insert into contacts.contacts.identity_map values "
            "('lead', 'l1@example.org', 'C2', 'new', null), "
            "('lead', 'l1@example.org', 'C3', 'new', null)",
            1,
            "source_system=lead, times=2, customers=C2 C3",
        ),
        "one_customer_per_loyalty_number": Damage(
            "update work.identity.records set loyalty_key = 'M1' where source_system = 'shop'"
        ),
        "fct_refunds_resolved": Damage(
            "update warehouse.core.fct_refunds set customer_id = null", 1, "refund_key=f1"
        ),
        "daily_refunds_equal_refunds": Damage(
            "update warehouse.core.fct_refunds set amount = 6",
            1,
            "date=2026-11-03, shown=5.00, booked=6.00",
        ),
        "fct_consents_resolved": Damage(
            "update warehouse.core.fct_consents set customer_id = null", 1, "consent_key=n1"
        ),
        "fct_interactions_resolved": Damage(
            "update warehouse.core.fct_interactions set customer_id = null", 1, "interaction_key=i1"
        ),
        "fct_service_cases_resolved": Damage(
            "update warehouse.core.fct_service_cases set customer_id = null", 1, "case_key=s1"
        ),
        "fct_survey_responses_resolved": Damage(
            "update warehouse.core.fct_survey_responses set customer_id = null",
            1,
            "response_key=s1",
        ),
        "fct_profile_answers_resolved": Damage(
            "update warehouse.core.fct_profile_answers set customer_id = null", 1, "answer_key=p1"
        ),
        "fct_quotes_resolved": Damage(
            "update warehouse.core.fct_quotes set customer_id = null", 1, "quote_key=q1"
        ),
        "fct_referrals_resolved": Damage(
            "update warehouse.core.fct_referrals set customer_id = null", 1, "referral_key=r1"
        ),
        "fct_contact_outcomes_resolved": Damage(
            "update warehouse.core.fct_contact_outcomes set customer_id = null", 1, "outcome_key=c1"
        ),
        "daily_channels_add_up": Damage(
            "update warehouse.marts.kpi_daily set refunds_booked = refunds_booked + 1 "
            "where date = '2026-10-02' and channel = 'store'; "
            "update warehouse.marts.kpi_monthly set refunds_booked = refunds_booked + 1 "
            "where month = '2026-10-01' and channel = 'store'",
            1,
            "period=2026-10-02",
        ),
        "campaign_delivered_within_sent": Damage(
            "update warehouse.marts.campaign_performance set sent = 80", 1, "campaign_id=camp1"
        ),
        "publication_described_once": Damage(
            "insert into warehouse.meta.publication from warehouse.meta.publication", None
        ),
        "no_email_outside_contacts": Damage(
            """update warehouse.ops.model_runs set detail = '{"who": "Luis@Example.org"}'""",
            1,
            "table_name=warehouse.ops.model_runs, column_name=detail",
        ),
    },
    {
        "customer_360_complete": Damage(
            "delete from warehouse.marts.customer_360 where customer_id = 'C2'; "
            "delete from warehouse.marts.customer_rfm where customer_id = 'C2'",
            1,
            "customer_id=C2",
        ),
        "dim_customers_complete": Damage(
            "insert into contacts.contacts.identity_map values ('lead', 'l2', 'C9', 'new', null); "
            "insert into contacts.contacts.golden_records by name select 'C9' as customer_id",
            1,
            "customer_id=C9",
        ),
        "golden_records_complete": Damage(
            "insert into contacts.contacts.golden_records "
            "from contacts.contacts.golden_records where customer_id = 'C3'",
            1,
            "customer_id=C3, records=2",
        ),
        "one_customer_per_email_and_name": Damage(
            "update work.identity.records set given_key = 'ana', surname_key = 'ruiz' "
            "where source_system = 'shop'",
            1,
            "customers=C2 C3",
        ),
        "strong_keys_vetoed": Damage(
            "update work.identity.records set loyalty_key = 'M1' where source_system = 'shop'; "
            "insert into contacts.contacts.identity_pairs values ('C3', 'C1', 'vetoed')",
            1,
            "customers=C1 C3",
        ),
        "web_sessions_resolved": Damage(
            "update warehouse.core.fct_web_sessions set customer_id = null "
            "where session_key = 'w1'",
            1,
            "session_key=w1",
        ),
        "published_ids_resolve": Damage(
            "update contacts.contacts.identity_ledger set customer_id = 'C5' "
            "where customer_id = 'C2'",
            1,
            "customer_id=C5",
        ),
        "strong_keys_kept_apart": Damage(_KEPT_APART, 1, "kind=tax_id, customers=C1 C3"),
        "fct_audience_pulls_resolved": Damage(
            "update warehouse.core.fct_audience_pulls set is_identifiable = null"
        ),
        "fact_customers_exist": Damage(
            "update warehouse.core.fct_consents set customer_id = 'C8'",
            1,
            "table_name=warehouse.core.fct_consents, customer_id=C8",
        ),
        "merged_customers_gone": Damage(
            "insert into warehouse.core.customer_merges values ('C3', 'C1', null)",
            1,
            "old_customer_id=C3",
        ),
        "customer_360_carries_rfm": Damage(
            "insert into warehouse.marts.customer_rfm by name "
            "select 'C7' as customer_id, 'Lost' as rfm_segment"
        ),
        "customer_revenue_equals_orders": Damage(
            "update warehouse.marts.customer_360 set net_revenue = net_revenue + 1 "
            "where customer_id = 'C3'",
            1,
            "customer_id=C3, shown=11.00, ordered=10.00",
        ),
        "daily_revenue_equals_orders": Damage(
            "update warehouse.marts.kpi_daily "
            "set revenue_by_order_date = revenue_by_order_date + 1 where date = '2026-10-01'; "
            "update warehouse.marts.kpi_monthly "
            "set revenue_by_order_date = revenue_by_order_date + 1 where month = '2026-10-01'",
            1,
            "date=2026-10-01, shown=91.00, ordered=90.00",
        ),
        "refunds_in_equal_out": Damage(
            "update warehouse.core.fct_refunds set amount_original = 6",
            1,
            "source_system=shop, refund_date=2026-11-03, currency=EUR",
        ),
        "campaign_opened_within_delivered": Damage(
            "update warehouse.marts.campaign_performance set opened = 91"
        ),
        "campaign_clicked_within_delivered": Damage(
            "update warehouse.marts.campaign_performance set clicked = 91"
        ),
        "no_phone_outside_contacts": Damage(
            """update warehouse.ops.model_runs set detail = '["call +34 600 111 222"]'""",
            1,
            "column_name=detail",
        ),
        "no_known_phones_outside_contacts": Damage(
            "update warehouse.ops.model_runs set model = '600111222'",
            1,
            "column_name=model, numbers=1, known_phones=1",
        ),
        "row_counts_drift": Damage(
            "insert into warehouse.core.customer_merges "
            "select 'Z' || i, 'C1', null from range(150) as t(i)",
            1,
            "table_name=core.customer_merges, rows_before=1",
        ),
    },
)
