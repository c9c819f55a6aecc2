"""The figures of the pages, of a company small enough to know by heart."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cartera.desk import words
from cartera.desk.figures import Query, campaigns, kpis, quality, retention, segments, service
from cartera.settings import CHECKOUT

TIERS = ("MVC", "MGC", "BZ")
SEEDS = CHECKOUT / "dbt_project" / "seeds"
# Ana, Bea and Carl bought before June, Dan in it, Eva never.
TABLES = """
create schema warehouse.core; create schema warehouse.marts; create schema warehouse.ops;
create table warehouse.marts.customer_360 as
    from (values
        ('ana', 'Champions', 'A', 'MVC', 'active', 'trust', 80.0, 90),
        ('bea', 'Lost', 'C', 'Other', 'lapsed', 'relate', -5, 1),
        ('carl', 'Lost', 'C', 'BZ', 'lapsed', 'relate', -15, 4),
        ('dan', 'New Customers', 'B', 'MGC', 'new', 'relate', 20, 15),
        ('eva', null, null, null, 'lead', 'contact', 0, null)
    ) t(customer_id, rfm_segment, abc_class, value_tier, lifecycle_stage, relationship_stage,
        contribution, clv);
create table warehouse.marts.segment_history as
    from (values
        ('ana', date '2026-04-30', 'Loyal', 'A', 'Other'),
        ('ana', date '2026-05-31', 'Loyal', 'A', 'MVC'),
        ('ana', date '2026-06-30', 'Champions', 'A', 'MVC'),
        ('bea', date '2026-05-31', 'Lost', 'B', 'Other'),
        ('bea', date '2026-06-30', 'Lost', 'C', 'Other'),
        ('carl', date '2026-05-31', 'Loyal', 'B', 'Other'),
        ('carl', date '2026-06-30', 'Lost', 'C', 'BZ'),
        ('dan', date '2026-06-30', 'New Customers', 'B', 'MGC')
    ) t(customer_id, month_end, rfm_segment, abc_class, value_tier);
create table warehouse.core.dim_campaigns as
    from (values
        ('m|C1', 'm', 'C1', 'Spring', 'email', 'winback', 'eva', 'Lost', timestamp '2026-03-01'),
        ('m|C2', 'm', 'C2', null, 'sms', null, null, null, timestamp '2026-05-01'),
        ('ads|A1', 'ads', 'A1', 'Search', 'ads', null, null, null, null),
        ('ads|A2', 'ads', 'A2', 'Again', 'ads', null, null, null, null),
        ('ads|A3', 'ads', 'A3', 'Again', 'ads', null, null, null, null)
    ) t(campaign_key, source_system, campaign_id, name, channel, purpose, owner, target_segment,
        starts_at);
create table warehouse.marts.campaign_performance as
    from (values
        ('m', 'C1', 'ALL', null::int, 100, 20, 95, 90, 40, 10, 1, 2, 3, 0, 0.44, 0.11, 0.03,
            null::bigint, null::bigint),
        ('m', 'C1', 'ALL', 1, null, null, 88, 80, 30, 5, 1, 2, 3, 0, 0.4, 0.1, 0.03, null, null),
        ('m', 'C1', 'A', 1, null, null, 85, 80, 30, 5, 1, 2, 3, 0, 0.4, 0.1, 0.03, null, null),
        ('x', 'C1', 'ALL', null, null, null, 7, 7, 7, 7, 7, 7, 7, 7, 1, 1, 1, null, null),
        ('ads', 'A1', 'ALL', null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, 5000, 70)
    ) t(source_system, campaign_id, variant, step, targeted, held_out, sent, delivered, opened,
        clicked, redeemed, bounced, unsubscribed, complained, open_rate, click_rate,
        unsubscribe_rate, impressions, ad_clicks);
create table warehouse.marts.campaign_lift as
    from (values
        ('C1', 'ALL', 100, 20, 30, 2, 0.3, 0.1, 0.2, 0.05, 0.35, 2.0, 20.0, true, false),
        ('C1', 'A', 50, 20, 10, 2, 0.2, 0.1, 0.1, -0.1, 0.3, 1.0, 5.0, false, false),
        ('C2', 'ALL', 50, 0, 5, 0, 0.1, null, null, null, null, null, null, null, false)
    ) t(campaign_id, variant, treated, held_out, treated_conversions, holdout_conversions,
        treated_rate, holdout_rate, abs_lift, ci_low, ci_high, rel_lift, incremental_conversions,
        is_significant, is_reliable);
create table warehouse.marts.campaign_roi as
    from (values
        ('m|C1', 'C1', 'Spring', 0::decimal(18, 2), 100::decimal(18, 2), 100::decimal(18, 2), 0,
            500::decimal(18, 2), 200::decimal(18, 2), 50.0, null::double, 1.0, -0.5),
        ('m|C2', 'C2', null, 0, 0, 0, 0, 10, 5, null, null, null, null),
        ('ads|A1', 'A1', 'Search', 40, 10, 50, 1, 80, 100, null, 2.0, 1.0, null)
    ) t(campaign_key, campaign_id, campaign_name, media_cost, other_cost, total_cost,
        unknown_costs, attributed_revenue, attributed_contribution, incremental_contribution, roas,
        roi, incremental_roi);
create table warehouse.marts.campaign_day_after as
    from (values
        ('C1', null, 'holdout', true, 0, 100, 20, 3, 0, 2, 60::decimal(18, 2), 1.0, 0.0, 5.0, 90.0),
        ('C1', 'm|C1', 'weekdays_before', false, 0, null, null, 70, 7, 7, 700, 6.0, 6.0, 6.0, 6.0),
        ('A1', 'ads|A1', 'weekdays_before', false, 0, null, null, 9, 1, 4, 80, 7.5, 0.5, 2.5, null)
    ) t(campaign_id, campaign_key, compared_with, is_causal, day_after, customers,
        compared_customers, visits, leads, orders, net_revenue, compared_visits, compared_leads,
        compared_orders, compared_net_revenue);
create table warehouse.marts.attribution_credits as
    from (values
        ('web', 'first_touch', 1.0::decimal(18, 8), 75.0::decimal(18, 2)),
        ('email', 'first_touch', 1, 25), ('email', 'markov', 2, 100)
    ) t(channel, model, credit, revenue_credit);
create table warehouse.marts.campaign_cost_types as
    from (values
        ('m|C1', 'm', 'C1', 'tool', 10.0::decimal(18, 2)), ('m|C1', 'm', 'C1', 'staff', 90),
        ('ads|A1', 'ads', 'A1', 'media', 500), (null, 'x', 'X9', 'media', 1)
    ) t(campaign_key, source_system, campaign_id, cost_type, amount);
create table warehouse.core.fct_contact_outcomes as
    from (values ('m|C1', 'phone', 'reached'), ('m|C1', 'phone', 'reached'),
        ('m|C1', 'phone', 'no_answer'), ('m|C2', 'phone', 'reached')
    ) t(campaign_key, channel, outcome);
create table warehouse.marts.cohort_retention as
    from (values
        (date '2026-04-01', 0, 10, 10, 1.0), (date '2026-04-01', 1, 10, 4, 0.4),
        (date '2026-05-01', 0, 5, 5, 1.0), (date '2026-03-01', 0, 2, 2, 1.0)
    ) t(cohort_month, period, cohort_size, active_customers, retention_rate);
create table warehouse.marts.customer_clv as
    from (values (10::decimal(18, 2), 0.05), (20, 0.1), (30, 1.0), (900, 0.95), (null, null))
    t(clv, churn_risk)
    union all
    select 1, null from range(200);
create table warehouse.marts.complaints_by_segment as
    from (values
        ('trailing_year', date '2025-07-01', 'ALL', 'ALL', 10, 200, 5.0, 0.4, 100, 1.0),
        ('trailing_year', date '2025-07-01', 'abc_class', 'C', 8, 150, 5.3, 0.5, 20, 0.2),
        ('trailing_year', date '2025-07-01', 'abc_class', 'A', 2, 50, 4.0, 0.0, 80, 0.8),
        ('trailing_year', date '2025-07-01', 'product', 'P1', 1, 50, 2.0, 0.0, 80, 0.8),
        ('trailing_year', date '2025-07-01', 'product', 'P3', 1, 50, 2.0, 0.0, 20, 0.2),
        ('trailing_year', date '2025-07-01', 'product', 'P2', 1, 50, 2.0, 0.0, 10, 0.1),
        ('trailing_year', date '2025-07-01', 'abc_class', 'B', 0, 9, 0.0, null, 0, 0.0),
        ('year', date '2025-01-01', 'abc_class', 'A', 99, 50, 4.0, 0.0, 80, 0.8)
    ) t(period_kind, period_start, dimension, member, complaints, orders,
        complaints_per_100_orders, settled_at_once_share, complaints_weight,
        complaints_weight_share);
create table warehouse.core.dim_products as
    from (values ('P1', 'Lamp'), ('P1', 'Lamp (till)'), ('P3', 'Lamp'),
        ('A', 'a product named as a class'))
    t(product_id, name);
create table warehouse.marts.kpi_values as
    from (values
        ('churn_rate', 'year', date '2024-01-01', 'ALL', 'ALL', 0.5, 5.0, 10.0),
        ('churn_rate', 'year', date '2025-01-01', 'ALL', 'ALL', 0.25, 5.0, 20.0),
        ('churn_rate', 'trailing_year', date '2025-07-01', 'ALL', 'ALL', null, null, null),
        ('aov', 'month', date '2026-04-01', 'ALL', 'ALL', 9.0, 9.0, 1.0),
        ('aov', 'month', date '2026-05-01', 'ALL', 'ALL', null, 0.0, 0.0),
        ('aov', 'month', date '2026-06-01', 'ALL', 'ALL', 8.0, 8.0, 1.0),
        ('rescue', 'quarter', date '2025-10-01', 'ALL', 'ALL', 0.3, 3.0, 10.0),
        ('rescue', 'quarter', date '2026-04-01', 'ALL', 'ALL', 0.5, 5.0, 10.0),
        ('nps', 'quarter', date '2026-01-01', 'ALL', 'ALL', 1.0, 1.0, null),
        ('nps', 'quarter', date '2026-04-01', 'ALL', 'ALL', 2.0, 2.0, null),
        ('churn_rate', 'year', date '2025-01-01', 'abc_class', 'A', 0.1, 1.0, 10.0),
        ('churn_rate', 'year', date '2025-01-01', 'abc_class', 'C', 0.4, 4.0, 12.0),
        ('churn_rate', 'year', date '2024-01-01', 'abc_class', 'B', 0.9, 4.0, 99.0),
        ('orders', 'month', date '2026-06-01', 'ALL', 'ALL', 7.0, 7.0, null)
    ) t(metric, period_kind, period_start, dimension, member, value, numerator, denominator);
create table warehouse.ops.batches as
    from (values ('shop', 'orders', 100, 1, 'landed'), ('shop', 'orders', 100, 4, 'held'),
        ('crm', 'contacts', 10, 1, 'landed'), ('crm', 'contacts', 90, 90, 'discarded'),
        ('web', 'events', 0, 0, 'landed')
    ) t(system, source, received, quarantined, state);
"""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    with duckdb.connect() as db:
        db.execute("attach ':memory:' as warehouse")
        db.execute(TABLES)
        yield lambda sql, parameters=None: answer(db, sql, parameters)


@pytest.fixture
def nothing() -> Iterator[Query]:
    """The same tables without a row, as a company has that records none of it."""
    with duckdb.connect() as db:
        db.execute("attach ':memory:' as warehouse")
        db.execute(TABLES)
        for schema, table in db.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse'"
        ).fetchall():
            db.execute(f"delete from warehouse.{schema}.{table}")
        yield lambda sql, parameters=None: answer(db, sql, parameters)


def answer(
    db: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None
) -> pa.Table:
    return db.execute(sql, dict(parameters or {})).to_arrow_table()


def told(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Those columns of every row; literals with a point are decimals to DuckDB."""
    rows = table.to_pylist()
    return [
        tuple(float(row[n]) if isinstance(row[n], Decimal) else row[n] for n in columns)
        for row in rows
    ]


# -- segments ------------------------------------------------------------------------------------


def test_sizes_are_in_the_order_of_the_scheme_and_shares_of_everybody(query: Query) -> None:
    found = segments.sizes(query, "rfm_segment")
    assert told(found, "segment", "customers", "customers_share", "contribution_share") == [
        ("Champions", 1, 0.2, 1.0),
        ("New Customers", 1, 0.2, 0.25),
        ("Lost", 2, 0.4, -0.25),
        ("(none)", 1, 0.2, 0.0),
    ]
    assert told(segments.sizes(query, "lifecycle_stage"), "segment", "customers") == [
        ("lead", 1),
        ("new", 1),
        ("active", 1),
        ("lapsed", 2),
    ]


def test_flows_join_two_month_ends_however_far_apart(query: Query) -> None:
    shown = ("from_segment", "to_segment", "customers", "is_move", "share_of_from")
    month = segments.flows(query, "rfm_segment", date(2026, 5, 31), date(2026, 6, 30))
    assert told(month, *shown) == [
        ("Loyal", "Champions", 1, True, 0.5),
        ("Loyal", "Lost", 1, True, 0.5),
        ("Lost", "Lost", 1, False, 1.0),
        ("(new)", "New Customers", 1, True, 1.0),
    ]
    longer = segments.flows(query, "abc_class", date(2026, 4, 30), date(2026, 6, 30))
    assert told(longer, *shown[:3]) == [
        ("A", "A", 1),
        ("(new)", "B", 1),
        ("(new)", "C", 2),
    ]


def test_history_counts_each_month_end(query: Query) -> None:
    assert segments.month_ends(query) == [date(2026, 6, 30), date(2026, 5, 31), date(2026, 4, 30)]
    assert told(segments.history(query, "value_tier"), "month_end", "segment", "customers")[
        -4:
    ] == [
        (date(2026, 6, 30), "MVC", 1),
        (date(2026, 6, 30), "MGC", 1),
        (date(2026, 6, 30), "Other", 1),
        (date(2026, 6, 30), "BZ", 1),
    ]


def test_schemes_name_every_segment_that_there_is() -> None:
    with (SEEDS / "rfm_segments.csv").open(encoding="utf-8", newline="") as file:
        assert {row["segment"] for row in csv.DictReader(file)} == set(
            segments.SCHEMES["rfm_segment"]
        )
    named: dict[str, set[str]] = {}
    with (SEEDS / "segment_names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            named.setdefault(row["dimension"], set()).add(row["member"])
    assert named == {
        scheme: set(names) for scheme, names in segments.SCHEMES.items() if scheme != "rfm_segment"
    }


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_segment_has_a_name_and_a_definition(language: str) -> None:
    known = words.phrases(language)
    named = {name for names in segments.SCHEMES.values() for name in names}
    # A class is called what it is called.
    assert {
        name for name in named - {"A", "B", "C", *TIERS} if f"values.{name}" not in known
    } == set()
    assert {name for name in named if f"about.{name}" not in known} == set()


# -- campaigns -----------------------------------------------------------------------------------


def test_a_campaign_is_one_row_and_media_have_no_lift(query: Query) -> None:
    found = campaigns.overview(query)
    assert told(found, "campaign_name", "targeted", "abs_lift", "impressions", "total_cost") == [
        ("C2", None, None, None, 0),
        ("Spring", 100, 0.2, None, 100),
        ("Search", None, None, 5000, 50),
        ("Again (A2)", None, None, None, None),
        ("Again (A3)", None, None, None, None),
    ]


def test_who_held_nobody_out_has_no_lift(query: Query) -> None:
    assert told(campaigns.lifts(query), "campaign_name", "abs_lift", "is_significant") == [
        ("Spring", 0.2, True)
    ]
    assert told(campaigns.variant_lifts(query, "C1"), "variant", "ci_low") == [("A", -0.1)]


def test_days_are_of_a_list_by_its_id_and_of_media_by_their_key(query: Query) -> None:
    shown = ("day_after", "measure", "value", "compared")
    of_list = campaigns.days_after(query, "m|C1", "C1")
    assert told(of_list, *shown) == [
        (0, "visits", 3.0, 1.0),
        (0, "leads", 0.0, 0.0),
        (0, "orders", 2.0, 5.0),
        (0, "net_revenue", 60.0, 90.0),
    ]
    # C1 was advertised as well: one chart cannot have both, and a holdout says more.
    assert {row["compared_with"] for row in of_list.to_pylist()} == {"holdout"}
    media = campaigns.days_after(query, "ads|A1", "A1")
    assert told(media, "measure", "compared", "is_causal")[-1] == ("net_revenue", None, False)
    # Another system's campaign of the same id is not this one.
    assert campaigns.days_after(query, "x|A1", "A1").num_rows == 0


def test_a_model_that_gives_a_channel_nothing_has_its_cell(query: Query) -> None:
    assert told(campaigns.attribution(query), "channel", "model", "orders", "share") == [
        ("email", "first_touch", 1.0, 0.25),
        ("email", "markov", 2.0, 1.0),
        ("web", "first_touch", 1.0, 0.75),
        ("web", "markov", 0.0, 0.0),
    ]


def test_of_many_campaigns_and_channels_the_first_are_shown(
    query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "CAMPAIGNS", 1)
    monkeypatch.setattr(campaigns, "CHANNELS", 1)
    # C2 began last, and has neither a holdout nor a cost.
    assert campaigns.lifts(query).num_rows == 0
    assert campaigns.returns(query).num_rows == 0
    assert told(campaigns.costs(query), "campaign_name") == [("Search",)]
    assert told(campaigns.attribution(query), "channel", "model", "share") == [
        ("email", "first_touch", 0.25),
        ("email", "markov", 1.0),
        ("(others)", "first_touch", 0.75),
        ("(others)", "markov", 0.0),
    ]


def test_returns_are_of_what_cost_anything_and_known_ones_come_first(query: Query) -> None:
    assert told(campaigns.returns(query), "campaign_name", "roi", "incremental_roi", "roas") == [
        ("Spring", 1.0, -0.5, None),
        ("Search", 1.0, None, 2.0),
    ]
    assert told(campaigns.costs(query), "campaign_name", "cost_type", "amount", "total") == [
        ("Search", "media", 500, 500),
        ("Spring", "staff", 90, 100),
        ("Spring", "tool", 10, 100),
        ("X9", "media", 1, 1),
    ]


def test_outcomes_are_of_one_campaign(query: Query) -> None:
    assert told(campaigns.outcomes(query, "m|C1"), "outcome", "contacts", "share") == [
        ("reached", 2, pytest.approx(2 / 3)),
        ("no_answer", 1, pytest.approx(1 / 3)),
    ]


def test_messages_are_of_one_system_and_the_whole_comes_first(query: Query) -> None:
    found = campaigns.messages(query, "m|C1")
    assert told(found, "variant", "step", "sent", "delivered") == [
        ("ALL", None, 95, 90),
        ("ALL", 1, 88, 80),
        ("A", 1, 85, 80),
    ]
    assert campaigns.messages(query, "ads|A1").num_rows == 0


# -- retention -----------------------------------------------------------------------------------


def test_cohorts_are_the_last_ones(query: Query) -> None:
    assert told(retention.cohorts(query, months=2), "cohort_month", "period", "retention_rate") == [
        (date(2026, 4, 1), 0, 1.0),
        (date(2026, 4, 1), 1, 0.4),
        (date(2026, 5, 1), 0, 1.0),
    ]


def test_the_last_bin_has_all_beyond(query: Query) -> None:
    (row,) = retention.clv(query).to_pylist()
    assert (row["customers"], row["total"], row["median"]) == (204, 1160, 1)
    # The best tenth of 204 are 21, four of them above 1.
    assert row["top_decile_share"] == pytest.approx((960 + 17) / 1160)
    bins = retention.clv_distribution(query).to_pylist()
    # 98 in 100 are at 1 at most, so that a bin is 1 wide.
    assert [(bin["low"], bin["high"], bin["customers"]) for bin in bins if bin["customers"]] == [
        (1, 2, 200),
        (10, 11, 1),
        (20, 21, 1),
        (24, None, 2),
    ]


@pytest.mark.parametrize(
    ("reach", "width"), [(0, 1), (24, 1), (24.1, 2), (100, 5), (240, 10), (241, 20), (1e6, 50_000)]
)
def test_bins_are_as_wide_as_people_count(reach: float, width: float) -> None:
    assert retention.bin_width(reach) == width


def test_risks_are_in_tenths_and_certainty_is_in_the_last(query: Query) -> None:
    found = told(retention.churn_distribution(query), "low", "customers")
    assert [round(low * 10) for low, _ in found] == list(range(10))
    assert [count for _, count in found] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]


# -- service, metrics, quality -------------------------------------------------------------------


def test_complaints_that_weigh_most_come_first(query: Query) -> None:
    found = service.complaints(query, "abc_class")
    assert told(found, "member", "complaints", "complaints_share", "weight_share") == [
        ("A", 2, 0.2, 0.8),
        ("C", 8, 0.8, 0.2),
    ]
    assert {row["name"] for row in found.to_pylist()} == {"A", "C"}
    assert service.complaints(query, "abc_class", limit=1).num_rows == 1
    assert told(service.complaints(query, "product"), "name", "complaints") == [
        ("Lamp (P1)", 1),
        ("Lamp (P3)", 1),
        ("P2", 1),
    ]


def test_the_latest_value_is_of_the_first_kind_of_period_that_has_one(query: Query) -> None:
    found = kpis.latest(query, ["churn_rate", "orders"], ["trailing_year", "year"])
    assert told(found, "metric", "period_kind", "value", "value_before") == [
        ("churn_rate", "year", 0.25, 0.5)
    ]
    assert told(kpis.series(query, ["churn_rate"], "year"), "value") == [(0.5,), (0.25,)]
    assert told(kpis.by_member(query, "churn_rate", "year", "abc_class"), "member", "value") == [
        ("C", 0.4),
        ("A", 0.1),
    ]


def test_a_change_is_on_the_period_before_and_on_none_that_is_unknown(query: Query) -> None:
    found = kpis.latest(query, ["aov", "rescue", "nps"], ["quarter", "month"])
    # Nobody ordered in May, and of the first quarter there is no rescue rate.
    assert told(found, "metric", "value", "value_before") == [
        ("aov", 8.0, None),
        ("nps", 2.0, 1.0),
        ("rescue", 0.5, None),
    ]


def test_what_was_discarded_was_not_refused(query: Query) -> None:
    assert told(quality.quarantine(query), "source", "received", "quarantined", "reject_rate") == [
        ("contacts", 10, 1, 0.1),
        ("orders", 200, 5, 0.025),
        ("events", 0, 0, None),
    ]


def test_a_company_that_records_none_of_it_has_tables_without_rows(nothing: Query) -> None:
    assert [
        table.num_rows
        for table in (
            *(segments.sizes(nothing, scheme) for scheme in segments.SCHEMES),
            segments.history(nothing, "abc_class"),
            segments.flows(nothing, "abc_class", date(2026, 5, 31), date(2026, 6, 30)),
            campaigns.overview(nothing),
            campaigns.lifts(nothing),
            campaigns.days_after(nothing, "m|C1", "C1"),
            campaigns.attribution(nothing),
            campaigns.returns(nothing),
            campaigns.costs(nothing),
            retention.cohorts(nothing),
            retention.clv_distribution(nothing),
            retention.churn_distribution(nothing),
            service.complaints(nothing, "product"),
            kpis.latest(nothing, ["churn_rate"], ["year"]),
            kpis.by_member(nothing, "churn_rate", "year", "abc_class"),
            quality.quarantine(nothing),
        )
    ] == [0] * 20
    (row,) = retention.clv(nothing).to_pylist()
    assert row["customers"] == 0
