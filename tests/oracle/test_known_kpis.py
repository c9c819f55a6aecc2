"""KPIs and history worked out by hand: models and oracle give the numbers in the comments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.oracle.by_hand import order, rows, run
from tests.oracle.company import MADRID, Row
from tests.oracle.compiled import Project
from tests.oracle.tables import TABLES
from tests.oracle.warehouse import Warehouse

# In the middle of a month, so that this month and its quarter and year are not complete.
DAY = date(2026, 5, 15)
Money = Decimal
at = datetime.fromisoformat


@pytest.fixture(scope="module")
def warehouse(project: Project) -> Warehouse:
    return Warehouse(project.behind(table.name for table in TABLES), DAY, MADRID)


def test_retention_of_a_month_after_one_without_buyers_is_unknown(warehouse: Warehouse) -> None:
    # January: nobody before, so no rate. February: of A and B only A came back, 1/2. March: of A
    # nobody, 0. April: of nobody, unknown again, though C, who is new, bought. May is not over.
    run(
        warehouse,
        [
            order("1", "2026-01-10 10:00", "10", "A"),
            order("2", "2026-01-11 10:00", "10", "B"),
            order("3", "2026-02-10 10:00", "10", "A"),
            order("4", "2026-04-10 10:00", "10", "C"),
            order("5", "2026-05-10 10:00", "10", "A"),
        ],
    )
    wanted = ("period_start", "period_kind", "dimension", "start_buyers", "end_buyers")
    found = warehouse.rows("retention", (*wanted, "new_buyers", "retention_rate", "churn_rate"))
    months = {row[0]: row[3:] for row in found if row[1:3] == ("month", "ALL")}
    assert months == {
        date(2026, 1, 1): (0, 2, 2, None, None),
        date(2026, 2, 1): (2, 1, 0, 0.5, 0.5),
        date(2026, 3, 1): (1, 0, 0, 0.0, 1.0),
        date(2026, 4, 1): (0, 1, 1, None, None),
    }
    # The quarter that as_of cuts short is absent, and so is the year.
    assert {row[0] for row in found if row[1] != "month"} == {date(2026, 1, 1)}


def test_a_cohort_that_is_not_complete_is_absent(warehouse: Warehouse) -> None:
    # January's cohort of two has months 0 to 3: both, one, nobody, one. April's has month 0 only.
    # May is not complete: neither a month 4 of January's, nor a cohort of D's.
    run(
        warehouse,
        [
            order("1", "2026-01-10 10:00", "10", "A"),
            order("2", "2026-01-31 22:00", "10", "B"),
            order("3", "2026-02-10 10:00", "10", "A"),
            order("4", "2026-04-10 10:00", "10", "B"),
            order("5", "2026-04-10 10:00", "10", "C"),
            order("6", "2026-05-10 10:00", "10", "A"),
            order("7", "2026-05-10 10:00", "10", "D"),
        ],
    )
    wanted = ("cohort_month", "period", "cohort_size", "active_customers", "retention_rate")
    assert sorted(warehouse.rows("cohort_retention", wanted)) == [
        (date(2026, 1, 1), 0, 2, 2, 1.0),
        (date(2026, 1, 1), 1, 2, 1, 0.5),
        (date(2026, 1, 1), 2, 2, 0, 0.0),
        (date(2026, 1, 1), 3, 2, 1, 0.5),
        (date(2026, 4, 1), 0, 1, 1, 1.0),
    ]


def test_spend_without_a_new_buyer_has_no_cac(warehouse: Warehouse) -> None:
    # January: google took 30 and brought nobody, for the store's buyer came by herself: no CAC for
    # google nor for what is paid, 30 / 1 over all. February: 12 and nobody at all. The campaign to
    # win customers back spends nothing to win buyers.
    stat = {"source_system": "ads", "platform": "google", "currency": "EUR"}
    run(
        warehouse,
        [order("1", "2026-01-10 10:00", "10", "A")],
        campaigns=[
            {"source_system": "ads", "campaign_id": "new", "purpose": "acquisition"},
            {"source_system": "ads", "campaign_id": "old", "purpose": "winback"},
        ],
        ad_stats=[
            stat | {"campaign_id": "new", "stat_date": date(2026, 1, 5), "spend": Money(30)},
            stat | {"campaign_id": "new", "stat_date": date(2026, 2, 5), "spend": Money(12)},
            stat | {"campaign_id": "old", "stat_date": date(2026, 2, 6), "spend": Money(99)},
        ],
    )
    found = warehouse.rows("acquisition", ("month", "channel", "spend", "new_buyers", "cac"))
    assert {row[:2]: row[2:] for row in found} == {
        (date(2026, 1, 1), "google"): (Money("30.00"), 0, None),
        (date(2026, 1, 1), "PAID"): (Money("30.00"), 0, None),
        (date(2026, 1, 1), "store"): (Money("0.00"), 1, 0.0),
        (date(2026, 1, 1), "ALL"): (Money("30.00"), 1, 30.0),
        (date(2026, 2, 1), "google"): (Money("12.00"), 0, None),
        (date(2026, 2, 1), "PAID"): (Money("12.00"), 0, None),
        (date(2026, 2, 1), "ALL"): (Money("12.00"), 0, None),
    }


def quote(number: str, status: str, decided: str | None, amount: str, **more: object) -> Row:
    return {
        "source_system": "till",
        "quote_id": number,
        "party_id": "A",
        "quoted_at": at("2026-01-12 10:00"),
        "status": status,
        "decided_at": at(decided) if decided else None,
        "amount": Decimal(amount),
        "currency": "EUR",
        **more,
    }


def test_a_quote_that_was_opened_again_is_open(warehouse: Warehouse) -> None:
    # Of five quotes two are won, one of which became an order; one is lost. Open are the one that
    # was opened again, whatever decision it carries, and the one decided at as_of: 400 + 50.
    # Both won ones took 10 and 20 days: median 15, nine of ten in 19. The lead got hers in 2 days.
    run(
        warehouse,
        [order("1", "2026-02-01 10:00", "100", "A")],
        leads=[
            {
                "source_system": "till",
                "record_id": "A",
                "created_at": at("2026-01-10 10:00"),
                "first_response_at": at("2026-01-10 16:30"),
            }
        ],
        quotes=[
            quote("1", "won", "2026-01-22 10:00", "100", order_id="1"),
            quote("2", "won", "2026-02-01 10:00", "100"),
            quote("3", "lost", "2026-02-01 10:00", "100"),
            quote("4", "open", "2026-02-01 10:00", "400", order_id="1"),
            quote("5", "won", "2026-05-14 22:00", "50", order_id="1"),
        ],
    )
    wanted = (
        *("period_kind", "period_start", "quotes", "won_quotes", "lost_quotes", "open_quotes"),
        *("open_value", "ordered_quotes", "win_rate", "days_to_win_median", "days_to_win_p90"),
        *("leads", "quoted_leads", "won_leads", "converted_leads", "lead_conversion"),
        *("days_to_quote_median", "response_hours_median"),
    )
    found = {row[:2]: row[2:] for row in warehouse.rows("sales_funnel", wanted)}
    january = (5, 2, 1, 2, Money("450.00"), 1, 2 / 3, 15.0, 19.0, 1, 1, 1, 1, 1.0, 2.0, 6.5)
    assert found["month", date(2026, 1, 1)] == january
    # February's 90 days are not over: its conversion is unknown, its leads are none.
    february = found["month", date(2026, 2, 1)]
    assert (february[9], february[12], february[13]) == (0, None, None)


def version(number: int, changed: str | None, **told: object) -> Row:
    return {
        "source_system": "crm",
        "record_id": "A",
        "created_at": at("2026-01-01 00:00"),
        "updated_at": at(changed) if changed else None,
        "batch_rank": number,
        "batch_row": 0,
        **told,
    }


def test_changes_of_one_moment_are_one_stretch_of_history(warehouse: Warehouse) -> None:
    # At noon of 1 February the record moves twice, to Soria and at once to Lugo: it never was in
    # Soria. On 1 March it says the same again, which changes nothing; on 1 April only the store
    # changes. What it says on the day of as_of is not known yet.
    run(
        warehouse,
        [],
        crm_contacts=[
            version(1, None, region="Madrid", store_id="S1"),
            version(2, "2026-02-01 12:00", region="Soria", store_id="S1"),
            version(3, "2026-02-01 12:00", region="Lugo"),
            version(4, "2026-03-01 12:00", region="Lugo", store_id="S1"),
            version(5, "2026-04-01 12:00", store_id="S2"),
            version(6, "2026-05-14 22:00", region="Cuenca"),
        ],
    )
    wanted = ("version", "valid_from", "valid_to", "is_current", "region", "home_store_id")
    assert rows(warehouse, "customer_history", *wanted) == {
        1: (at("2026-01-01 00:00"), at("2026-02-01 12:00"), False, "Madrid", "S1"),
        2: (at("2026-02-01 12:00"), at("2026-04-01 12:00"), False, "Lugo", "S1"),
        3: (at("2026-04-01 12:00"), None, True, "Lugo", "S2"),
    }


def test_what_a_full_refund_cost_stays_in_the_months_contribution(warehouse: Warehouse) -> None:
    # A: 100 - 40 of goods = 60. B: 50 given back whole, and goods of 20: no order, and -20.
    product = {"source_system": "till", "currency": "EUR"}
    line = {"source_system": "till", "line_id": "1", "quantity": Decimal(1)}
    run(
        warehouse,
        [
            order("1", "2026-01-10 10:00", "100", "A"),
            order("2", "2026-01-11 10:00", "50", "B"),
            order("3", "2026-02-11 10:00", "50", kind="refund", refers_to="2"),
        ],
        products=[
            product | {"product_id": "P1", "unit_cost": Money(40)},
            product | {"product_id": "P2", "unit_cost": Money(20)},
        ],
        order_lines=[
            line | {"order_id": "1", "product_id": "P1", "gross_amount": Money(100)},
            line | {"order_id": "2", "product_id": "P2", "gross_amount": Money(50)},
        ],
    )
    wanted = ("month", "channel", "orders", "net_revenue", "contribution", "refunds_booked")
    found = {row[0]: row[2:] for row in warehouse.rows("kpi_monthly", wanted) if row[1] == "ALL"}
    assert found == {
        date(2026, 1, 1): (1, Money("100.00"), Money("40.00"), Money("0.00")),
        date(2026, 2, 1): (0, Money("0.00"), Money("0.00"), Money("50.00")),
    }
