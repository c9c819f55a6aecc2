"""A stranger's year of groceries goes in by its contracts alone, and comes out whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cartera.arrows import build, ingest
from tests.integration import definitions
from tests.integration.conftest import Built, own_settings
from tests.integration.landed import manifests
from tests.oracle.facts import Facts
from tests.oracle.tables import TABLES, Table
from tests.without_dbt import without_dbt

# Tables in which the lines of baskets have no part: a million and a half of them are for the night.
OF_BASKETS = (
    *("fct_orders", "fct_audience_pulls", "fct_campaign_messages", "dim_campaigns"),
    *("dim_customers", "customer_rfm", "customer_clv", "clv_fits", "customer_value"),
    *("segment_history", "segment_migrations", "kpi_monthly", "retention", "cohort_retention"),
    *("campaign_performance", "campaign_lift", "campaign_day_after", "contact_policy"),
)
# The oracle asks of each household each of sixty thousand products whether it is one to offer.
LEFT_OUT = ("next_best_products",)
# The day after its last.
AS_OF = date(2018, 1, 2)
LINES, BASKETS, HOUSEHOLDS = 1_469_307, 155_848, 2_469
CAMPAIGNS, TARGETED, REDEMPTIONS = 27, 6_589, 2_102
DISCOUNTS = ("retail_disc", "coupon_disc", "coupon_match_disc")


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Complete Journey, landed and built in dollars."""
    from ingestion.demo.complete_journey import write_complete_journey

    folder = tmp_path_factory.mktemp("journey")
    settings = own_settings(folder / "home", reporting_currency="USD")
    write_complete_journey(settings.inbox)
    ingest(settings, "complete_journey")
    with without_dbt():
        report = build(settings, as_of=AS_OF)
    return Built(settings, folder, (report,))


@pytest.fixture(scope="module")
def db(journey: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with journey.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def raw(journey: Built) -> pa.Table:
    """The transactions as they were delivered."""
    (path,) = (journey.settings.inbox / "complete_journey" / "transactions").iterdir()
    return pq.ParquetFile(path).read()


def _cents(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dollars as whole cents."""
    return pc.cast(pc.round(pc.multiply(column, 100.0)), pa.int64())


def _dollars(column: pa.ChunkedArray) -> Decimal:
    return Decimal(pc.sum(_cents(column)).as_py()).scaleb(-2)


def _one(db: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    (row,) = db.execute(query).fetchall()
    return row


def test_every_row_lands_and_is_accounted_for(journey: Built) -> None:
    landed = {m["source"]: m for _, m in manifests(journey.settings.home)}
    assert {source: (m["received"], m["landed_rows"]) for source, m in landed.items()} == {
        "order_lines": (LINES, LINES),
        "orders": (LINES, BASKETS),
        "products": (92_331, 92_331),
        "campaigns": (CAMPAIGNS, CAMPAIGNS),
        "audience_pulls": (TARGETED, TARGETED),
        "campaign_messages": (REDEMPTIONS, REDEMPTIONS),
        "loyalty_members": (801, 801),
    }
    assert all(m["accepted"] == m["received"] for m in landed.values())
    for folder, manifest in manifests(journey.settings.home):
        assert pq.ParquetFile(folder / "data.parquet").metadata.num_rows == manifest["landed_rows"]
    assert not list(Path(journey.settings.quarantine).rglob("*.parquet"))


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("fct_order_lines", LINES),
        ("fct_orders", BASKETS),
        ("dim_customers", HOUSEHOLDS),
        ("dim_campaigns", CAMPAIGNS),
        ("fct_audience_pulls", TARGETED),
        ("fct_campaign_messages", REDEMPTIONS),
        ("fct_refunds", 0),
    ],
)
def test_core_has_every_row(table: str, rows: int, db: duckdb.DuckDBPyConnection) -> None:
    assert _one(db, f"select count(*) from warehouse.core.{table}") == (rows,)
    if table.startswith("fct_"):
        assert _one(
            db, f"select count(*) from warehouse.core.{table} where customer_id is not null"
        ) == (rows,)


def test_revenue_is_that_of_the_raw_file_to_the_cent(
    raw: pa.Table, db: duckdb.DuckDBPyConnection
) -> None:
    paid = _dollars(raw["sales_value"])
    off = sum((_dollars(raw[name]) for name in DISCOUNTS), Decimal(0))
    assert paid > 4_000_000
    for table in ("core.fct_orders", "core.fct_order_lines"):
        assert _one(
            db,
            f"select sum(gross_revenue), sum(discount), sum(revenue) from warehouse.{table}",
        ) == (paid + off, off, paid)
    for table in ("core.fct_orders", "marts.customer_360"):
        assert _one(db, f"select sum(net_revenue) from warehouse.{table}") == (paid,)
    for kpi in ("kpi_daily", "kpi_monthly"):
        for channel in ("= 'ALL'", "<> 'ALL'"):
            assert _one(
                db,
                "select sum(orders), sum(revenue_by_order_date), sum(new_buyers) "
                f"from warehouse.marts.{kpi} where channel {channel}",
            ) == (BASKETS, paid, HOUSEHOLDS)


def test_each_household_keeps_its_baskets_and_dollars(
    raw: pa.Table, db: duckdb.DuckDBPyConnection
) -> None:
    table = raw.select(["household_id", "basket_id"]).append_column(
        "cents", _cents(raw["sales_value"])
    )
    sums = table.group_by("household_id").aggregate(
        [("basket_id", "count_distinct"), ("cents", "sum")]
    )
    expected = {
        str(row["household_id"]): (
            row["basket_id_count_distinct"],
            Decimal(row["cents_sum"]).scaleb(-2),
        )
        for row in sums.to_pylist()
    }
    found = db.execute(
        "select source_record_id, orders, net_revenue "
        "from warehouse.marts.customer_360 "
        "join contacts.contacts.identity_map using (customer_id)"
    ).fetchall()
    assert len(expected) == HOUSEHOLDS
    assert {record: (orders, revenue) for record, orders, revenue in found} == expected


def test_campaigns_reach_whom_the_files_name(journey: Built, db: duckdb.DuckDBPyConnection) -> None:
    inbox = journey.settings.inbox / "complete_journey"
    expected: dict[str, list[int]] = {}
    for position, folder in enumerate(("campaigns", "coupon_redemptions")):
        (path,) = (inbox / folder).iterdir()
        rows = pq.ParquetFile(path).read(["campaign_id", "household_id"]).to_pylist()
        for campaign, _ in {(row["campaign_id"], row["household_id"]) for row in rows}:
            expected.setdefault(str(campaign), [0, 0])[position] += 1
    found = db.execute(
        "select campaign_id, targeted, redeemed from warehouse.marts.campaign_performance "
        "where variant = 'ALL' and step is null"
    ).fetchall()
    assert {campaign: [targeted, redeemed] for campaign, targeted, redeemed in found} == expected
    assert sum(targeted for _, targeted, _ in found) == TARGETED
    assert len(found) == CAMPAIGNS


def test_the_marts_tell_customers_apart(db: duckdb.DuckDBPyConnection) -> None:
    assert _one(
        db,
        "select count(*), count(distinct rfm_segment), min(r_score), max(r_score), max(f_score), "
        "max(m_score), min(recency_days) from warehouse.marts.customer_rfm",
    ) == (HOUSEHOLDS, 11, 1, 5, 5, 5, 1)
    days, months = (
        _one(db, f"select count(*) from warehouse.marts.{kpi} where channel = 'ALL'")[0]
        for kpi in ("kpi_daily", "kpi_monthly")
    )
    assert days >= 364
    assert months in (12, 13)
    assert _one(
        db,
        "select count(*) filter (orders > 0), count(distinct as_of), min(as_of) "
        "from warehouse.marts.customer_360",
    ) == (HOUSEHOLDS, 1, date(2018, 1, 2))


@pytest.fixture(scope="module")
def facts(journey: Built, db: duckdb.DuckDBPyConnection) -> Facts:
    return Facts(definitions.company(journey, db, without=("order_lines",)))


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.name in OF_BASKETS], ids=lambda table: table.name
)
def test_every_number_of_baskets_is_as_defined(
    table: Table, facts: Facts, db: duckdb.DuckDBPyConnection
) -> None:
    assert definitions.disagreements(table, facts, db) == []


@pytest.mark.nightly
def test_every_number_is_as_defined(journey: Built, db: duckdb.DuckDBPyConnection) -> None:
    """Of all tables, lines included: nine gigabytes of memory."""
    facts = Facts(definitions.company(journey, db))
    for table in TABLES:
        if table.name not in LEFT_OUT:
            assert definitions.disagreements(table, facts, db)[:10] == [], table.name


@pytest.mark.nightly
def test_dbt_finds_nothing_wrong_with_it_either(journey: Built) -> None:
    """With all its data tests, and the gate in its own process."""
    report = build(journey.settings, as_of=AS_OF)
    assert (report.gate_status, report.counts) == ("passed", journey.reports[0].counts)


def test_the_gate_passed(journey: Built) -> None:
    assert journey.reports[0].gate_status == "passed"
