"""Cases worked out by hand: the models and the oracle give the numbers in the comments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.oracle.by_hand import order, rate, refund, rows, run
from tests.oracle.company import MADRID
from tests.oracle.compiled import Project
from tests.oracle.tables import TABLES
from tests.oracle.warehouse import Warehouse

DAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def warehouse(project: Project) -> Warehouse:
    return Warehouse(project.behind(table.name for table in TABLES), DAY, MADRID)


def test_rfm_ties_share_the_lowest_rank(warehouse: Warehouse) -> None:
    # Five buyers. Frequency: A, B, C one order, D two, E three. Ranks 1, 1, 1, 4, 5, so scores
    # 1 + floor(5 x 0 / 5) = 1 for the three, 1 + floor(5 x 3 / 5) = 4 and 1 + floor(5 x 4 / 5) = 5.
    # Recency: A and B on 1 October, C on the 2nd, D and E on the 3rd. Ranks from worst 1, 1, 3, 4,
    # 4: scores 1, 1, 3, 4, 4. Monetary: 10, 20, 20, 20, 60: ranks and scores 1, 2, 2, 2, 5.
    run(
        warehouse,
        [
            order("1", "2026-10-01 10:00", "10", "A"),
            order("2", "2026-10-01 12:00", "20", "B"),
            order("3", "2026-10-02 10:00", "20", "C"),
            order("4", "2026-10-03 10:00", "10", "D"),
            order("5", "2026-10-03 11:00", "10", "D"),
            order("6", "2026-10-03 10:00", "20", "E"),
            order("7", "2026-10-03 11:00", "20", "E"),
            order("8", "2026-10-03 12:00", "20", "E"),
        ],
    )
    assert rows(warehouse, "customer_rfm", "customer_id", "rfm_score", "recency_days") == {
        "A": ("111", 31),
        "B": ("112", 31),
        "C": ("312", 30),
        "D": ("442", 29),
        "E": ("455", 29),
    }


def test_the_window_of_rfm_ends_before_as_of_and_is_365_days_long(warehouse: Warehouse) -> None:
    # as_of is 2026-11-01, so the window begins on 2025-11-01; Madrid is an hour ahead of UTC then.
    run(
        warehouse,
        [
            order("1", "2025-10-31 22:59:59", "10", "out"),
            order("2", "2025-10-31 23:00:00", "10", "first"),
            order("3", "2026-10-31 22:59:59", "10", "last"),
            order("4", "2026-10-31 23:00:00", "10", "never"),
        ],
    )
    assert rows(warehouse, "customer_rfm", "customer_id", "frequency", "recency_days") == {
        "out": (0, 366),
        "first": (1, 365),
        "last": (1, 1),
    }


def test_days_turn_at_midnight_in_the_business_zone(warehouse: Warehouse) -> None:
    # Summer time: 2026-03-29 has 23 hours, from 23:00 UTC the day before to 22:00 UTC; 2025-10-26
    # has 25, from 22:00 UTC to 23:00 UTC. 2024 was a leap year.
    run(
        warehouse,
        [
            order("winter", "2026-03-28 22:59:59", "1"),
            order("spring", "2026-03-28 23:00:00", "1"),
            order("still spring", "2026-03-29 21:59:59", "1"),
            order("after spring", "2026-03-29 22:00:00", "1"),
            order("summer", "2025-10-25 21:59:59", "1"),
            order("autumn", "2025-10-25 22:00:00", "1"),
            order("still autumn", "2025-10-26 22:59:59", "1"),
            order("after autumn", "2025-10-26 23:00:00", "1"),
            order("leap day", "2024-02-28 23:00:00", "1"),
            order("still leap day", "2024-02-29 22:59:59", "1"),
            order("first of March", "2024-02-29 23:00:00", "1"),
        ],
    )
    assert rows(warehouse, "fct_orders", "order_id", "order_date") == {
        "winter": (date(2026, 3, 28),),
        "spring": (date(2026, 3, 29),),
        "still spring": (date(2026, 3, 29),),
        "after spring": (date(2026, 3, 30),),
        "summer": (date(2025, 10, 25),),
        "autumn": (date(2025, 10, 26),),
        "still autumn": (date(2025, 10, 26),),
        "after autumn": (date(2025, 10, 27),),
        "leap day": (date(2024, 2, 29),),
        "still leap day": (date(2024, 2, 29),),
        "first of March": (date(2024, 3, 1),),
    }
    months = {
        month: orders
        for month, channel, orders in warehouse.rows("kpi_monthly", ("month", "channel", "orders"))
        if channel == "ALL"
    }
    assert months[date(2024, 2, 1)] == 2
    assert months[date(2024, 3, 1)] == 1


def test_refunds_net_to_their_order_and_are_booked_on_their_own_day(warehouse: Warehouse) -> None:
    # part: 100 - 30 = 70, given back in the next month. full: 80 - 80 = 0, no order any more. more:
    # 50 - 60 = -10: refunded in full, and the customer's value is what it is over orders kept: A
    # has 70 of one order, B has no order.
    run(
        warehouse,
        [
            order("part", "2026-08-10 10:00", "100", "A"),
            order("full", "2026-08-11 10:00", "80", "A"),
            order("more", "2026-08-12 10:00", "50", "B"),
            refund("R1", "part", "2026-09-02 10:00", "-30"),
            refund("R2", "full", "2026-08-20 10:00", "80"),
            refund("R3", "more", "2026-10-01 10:00", "60"),
        ],
    )
    assert rows(warehouse, "fct_orders", "order_id", "net_revenue", "is_fully_refunded") == {
        "part": (Decimal("70.00"), False),
        "full": (Decimal("0.00"), True),
        "more": (Decimal("-10.00"), True),
    }
    wanted = ("month", "channel", "orders", "revenue_by_order_date", "refunds_booked")
    monthly = {row[0]: row[2:] for row in warehouse.rows("kpi_monthly", wanted) if row[1] == "ALL"}
    assert monthly == {
        date(2026, 8, 1): (1, Decimal("230.00"), Decimal("80.00")),
        date(2026, 9, 1): (0, Decimal("0.00"), Decimal("30.00")),
        date(2026, 10, 1): (0, Decimal("0.00"), Decimal("60.00")),
    }
    assert rows(warehouse, "customer_360", "customer_id", "orders", "net_revenue") == {
        "A": (1, Decimal("70.00")),
        "B": (0, Decimal("0.00")),
    }


def test_a_currency_without_a_rate_has_no_amount(warehouse: Warehouse) -> None:
    # 10.05 x 0.90 = 9.045, half a cent away from zero: 9.05. The rate of the 1st serves for seven
    # days more and not for an eighth. The order without one counts and adds nothing.
    run(
        warehouse,
        [
            order("rated", "2026-09-01 10:00", "10.05", "A", currency="USD"),
            order("seventh", "2026-09-08 10:00", "10.00", "A", currency="usd"),
            order("eighth", "2026-09-09 10:00", "10.00", "A", currency="USD"),
            order("unheard", "2026-09-01 10:00", "10.00", "B", currency="XAF"),
        ],
        [rate("2026-09-01", "0.90")],
    )
    assert rows(warehouse, "fct_orders", "order_id", "net_revenue", "is_fx_missing") == {
        "rated": (Decimal("9.05"), False),
        "seventh": (Decimal("9.00"), False),
        "eighth": (None, True),
        "unheard": (None, True),
    }
    assert rows(warehouse, "customer_360", "customer_id", "orders", "net_revenue") == {
        "A": (3, Decimal("18.05")),
        "B": (1, Decimal("0.00")),
    }


def test_a_thousand_orders_of_one_customer_are_one_buyer(warehouse: Warehouse) -> None:
    # Seventeen hours apart, so up to two a day, over nearly two years; each of 10.00.
    start = datetime.fromisoformat("2024-11-05 12:00:00")
    orders = [
        order(f"o{number}", (start + timedelta(hours=17 * number)).isoformat(), "10.00", "c")
        for number in range(1000)
    ]
    run(warehouse, orders)
    in_window = sum(
        row["ordered_at"] >= datetime.fromisoformat("2025-10-31 23:00:00") for row in orders
    )
    (buyer,) = warehouse.rows("customer_rfm", ("customer_id", "frequency", "monetary"))
    assert buyer == ("c", in_window, 10 * in_window)
