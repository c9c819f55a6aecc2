"""Attribution and campaigns worked out by hand, on which models and oracle agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.oracle.by_hand import message, order, run
from tests.oracle.company import MADRID
from tests.oracle.compiled import Project
from tests.oracle.tables import TABLES
from tests.oracle.warehouse import Warehouse

DAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def warehouse(project: Project) -> Warehouse:
    return Warehouse(project.behind(table.name for table in TABLES), DAY, MADRID)


def credits(
    warehouse: Warehouse, number: str, model: str, column: str = "credit"
) -> dict[str, Decimal]:
    """Of an order and a model, by number of the message."""
    names = ("order_key", "model", "touch_key", column)
    return {
        touch.split("|")[2]: value
        for order_key, told, touch, value in warehouse.rows("attribution_credits", names)
        if (order_key, told) == (f"till|{number}", model)
    }


def test_six_models_share_an_order_by_their_rules(warehouse: Warehouse) -> None:
    # 100.00 on 20 October at noon, after contacts 14, 7 and 0 days before. Thirds leave a cent and
    # a hundred-millionth to the last. Of 2^-2, 2^-1 and 1 the sum is 1.75: 1/7, 2/7 and 4/7.
    # One contact 30 days before counts, one a second earlier does not, nor one a second after.
    run(
        warehouse,
        [order("1", "2026-10-20 12:00", "100", "A"), order("2", "2026-10-20 12:00", "10", "B")],
        campaign_messages=[
            message("a", "2026-10-06 12:00", "A"),
            message("b", "2026-10-13 12:00", "A", "sms"),
            message("c", "2026-10-20 12:00", "A"),
            message("d", "2026-10-20 12:00:01", "A"),
            message("e", "2026-09-20 12:00", "B"),
            message("f", "2026-09-20 11:59:59", "B"),
        ],
    )
    assert credits(warehouse, "1", "first_touch") == {"a": 1}
    assert credits(warehouse, "1", "last_touch") == {"c": 1}
    third = Decimal("0.33333333")
    assert credits(warehouse, "1", "linear") == {"a": third, "b": third, "c": 1 - 2 * third}
    assert credits(warehouse, "1", "linear", "revenue_credit") == {
        "a": Decimal("33.33"),
        "b": Decimal("33.33"),
        "c": Decimal("33.34"),
    }
    assert credits(warehouse, "1", "position_based") == {
        "a": Decimal("0.4"),
        "b": Decimal("0.2"),
        "c": Decimal("0.4"),
    }
    assert credits(warehouse, "1", "time_decay") == {
        "a": Decimal("0.14285714"),
        "b": Decimal("0.28571429"),
        "c": Decimal("0.57142857"),
    }
    for model in ("first_touch", "linear", "position_based", "time_decay", "markov"):
        assert credits(warehouse, "2", model, "revenue_credit") == {"e": 10}


def test_two_contacts_have_half_each_by_position(warehouse: Warehouse) -> None:
    run(
        warehouse,
        [order("1", "2026-10-20 12:00", "9.99", "A")],
        campaign_messages=[
            message("a", "2026-10-18 12:00", "A"),
            message("b", "2026-10-19 12:00", "A"),
        ],
    )
    assert credits(warehouse, "1", "position_based") == {"a": Decimal("0.5"), "b": Decimal("0.5")}
    # Half of 9.99 is rounded up, and the last has what is left.
    assert credits(warehouse, "1", "position_based", "revenue_credit") == {
        "a": Decimal("5.00"),
        "b": Decimal("4.99"),
    }


def test_markov_removes_a_channel_and_sees_what_is_lost(warehouse: Warehouse) -> None:
    # Paths: A e-mail, SMS, order; B e-mail, nothing; C SMS, order; D is not over. From the start
    # 2/3 go to e-mail, 1/3 to SMS; from e-mail 1/2 to SMS; from SMS all to an order: 2/3 order.
    # Without e-mail 1/3 do, so it loses half; without SMS nobody does. So A's order is 0.5 to 1.
    run(
        warehouse,
        [order("1", "2026-09-20 12:00", "90", "A"), order("2", "2026-09-20 12:00", "10", "C")],
        campaign_messages=[
            message("a", "2026-09-10 12:00", "A"),
            message("b", "2026-09-11 12:00", "A", "sms"),
            message("c", "2026-09-10 12:00", "B"),
            message("d", "2026-09-10 12:00", "C", "sms"),
            message("e", "2026-10-30 12:00", "D"),
        ],
    )
    assert _effects(warehouse) == {"email": pytest.approx(0.5), "sms": pytest.approx(1)}
    assert credits(warehouse, "1", "markov") == {
        "a": Decimal("0.33333333"),
        "b": Decimal("0.66666667"),
    }
    assert credits(warehouse, "1", "markov", "revenue_credit") == {"a": 30, "b": 60}
    assert credits(warehouse, "2", "markov") == {"d": 1}


def test_markov_goes_round_in_circles(warehouse: Warehouse) -> None:
    # Paths: A e-mail, SMS, e-mail, order; B SMS, nothing. From e-mail half order and half go to
    # SMS, from there half go back: 2/3 of e-mail order and 1/3 of SMS, 1/2 from the start. Without
    # e-mail nobody does; without SMS half of the half that start there: 1/4. Effects 1 and 1/2;
    # the two e-mails of A share 2/3. Contacts of B 31 days apart would be two paths, 30 are one.
    run(
        warehouse,
        [order("1", "2026-09-20 12:00", "30", "A")],
        campaign_messages=[
            message("a", "2026-09-10 12:00", "A"),
            message("b", "2026-09-11 12:00", "A", "sms"),
            message("c", "2026-09-12 12:00", "A"),
            message("d", "2026-09-10 12:00", "B", "sms"),
        ],
    )
    assert _effects(warehouse) == {"email": pytest.approx(1), "sms": pytest.approx(0.5)}
    assert credits(warehouse, "1", "markov", "revenue_credit") == {"a": 10, "b": 10, "c": 10}


@pytest.mark.parametrize(("second", "paths"), [("2026-07-31 12:00", 1), ("2026-07-31 12:01", 2)])
def test_contacts_that_led_nowhere_are_one_path_while_near(
    second: str, paths: int, warehouse: Warehouse
) -> None:
    messages = [message("a", "2026-07-01 12:00", "A"), message("b", second, "A")]
    run(warehouse, [], campaign_messages=messages)
    steps = warehouse.rows("int_channel_steps", ("from_channel", "to_channel", "steps"))
    assert ("(start)", "email", paths) in steps
    assert _effects(warehouse) == {"email": None}


def _effects(warehouse: Warehouse) -> dict[str, float]:
    return dict(warehouse.rows("channel_removal_effects", ("channel", "removal_effect")))
