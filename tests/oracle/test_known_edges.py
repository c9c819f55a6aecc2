"""Ties, lists, devices and odd input worked out by hand: models and oracle give these numbers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.oracle.by_hand import order, rows, run
from tests.oracle.company import MADRID, Row
from tests.oracle.compiled import Project
from tests.oracle.tables import TABLES
from tests.oracle.warehouse import Warehouse

DAY = date(2026, 11, 1)
at = datetime.fromisoformat


@pytest.fixture(scope="module")
def warehouse(project: Project) -> Warehouse:
    return Warehouse(project.behind(table.name for table in TABLES), DAY, MADRID)


def contact(name: str, company: str) -> Row:
    return {"source_system": "crm", "record_id": name, "account_id": company}


def test_colleagues_are_tied_unless_they_are_many(warehouse: Warehouse) -> None:
    # Fifty contacts of one company are 50 x 49 / 2 pairs, fifty-one of another are none.
    few = [contact(f"few {number:02}", "few") for number in range(50)]
    many = [contact(f"many {number:02}", "many") for number in range(51)]
    run(warehouse, [], crm_contacts=few + many)
    found = warehouse.rows("customer_links", ("customer_id_a", "customer_id_b", "members"))
    assert len(found) == 1225
    assert min(found) == ("few 00", "few 01", 50)
    assert max(found) == ("few 48", "few 49", 50)


def test_the_first_of_several_referrals_is_since_when(warehouse: Warehouse) -> None:
    # A brought B twice, B brought A once, C brought themselves, and nobody is told who brought D.
    def referral(number: str, who: str | None, whom: str, when: str) -> Row:
        told = {"referral_id": number, "party_id": who, "referred_id": whom}
        return {"source_system": "crm", "referred_at": at(when), **told}

    run(
        warehouse,
        [],
        referrals=[
            referral("1", "A", "B", "2026-03-02"),
            referral("2", "A", "B", "2026-03-01"),
            referral("3", "B", "A", "2026-03-03"),
            referral("4", "C", "C", "2026-03-04"),
            referral("5", None, "D", "2026-03-05"),
        ],
        crm_contacts=[{"source_system": "crm", "record_id": "D"}],
    )
    wanted = ("customer_id_a", "customer_id_b", "kind", "since", "members")
    assert sorted(warehouse.rows("customer_links", wanted)) == [
        ("A", "B", "referral", at("2026-03-01"), 2),
        ("B", "A", "referral", at("2026-03-03"), 2),
    ]


def test_a_device_is_theirs_who_logged_in_nearest(warehouse: Warehouse) -> None:
    # A's logins of 1 January and 2 March are sixty days apart, so A never left; the next, of 2 May,
    # is a second later than that and another stay, whose thirty days before begin as those of the
    # last one end. B takes the device on 5 May, and it is B's for thirty days.
    def login(number: str, who: str, when: str) -> Row:
        told = {"event_id": number, "anonymous_id": "D", "event_type": "page_view"}
        return {"source_system": "web", "party_id": who, "occurred_at": at(when), **told}

    run(
        warehouse,
        [],
        web_events=[
            login("1", "A", "2026-01-01 10:00:00"),
            login("2", "A", "2026-03-02 10:00:00"),
            login("3", "A", "2026-05-01 10:00:01"),
            login("4", "B", "2026-05-05 10:00:00"),
        ],
    )
    wanted = ("web_identity_key", "customer_id", "valid_from", "valid_to", "login_sessions")
    assert rows(warehouse, "web_identities", *wanted) == {
        "web|1|1": ("A", at("2025-12-02 10:00:00"), at("2026-04-01 10:00:00"), 2),
        "web|1|2": ("A", at("2026-04-01 10:00:01"), at("2026-05-05 10:00:00"), 1),
        "web|1|3": ("B", at("2026-05-05 10:00:00"), at("2026-06-04 10:00:00"), 1),
    }


def test_a_merge_puts_a_customer_into_both_arms(warehouse: Warehouse) -> None:
    # A was "old" in part: on the list as one, held out as the other. In a list without a campaign
    # and another system's list of that number nobody is. Who was merged into nobody is nobody.
    def pull(system: str, number: str, who: str, bucket: str, campaign: str | None) -> Row:
        told = {"pull_id": number, "audience": "best", "bucket": bucket, "campaign_id": campaign}
        pulled = {"party_system": "cartera", "party_id": who, "pulled_at": at("2026-10-01")}
        return {"source_system": system, **told, **pulled}

    run(
        warehouse,
        [order("1", "2026-09-01 10:00", "10", "A")],
        audience_pulls=[
            pull("cartera", "1", "A", "list", "spring"),
            pull("cartera", "2", "old", "holdout", "spring"),
            pull("cartera", "3", "A", "list", None),
            pull("mailing", "3", "A", "holdout", None),
            pull("cartera", "4", "lost", "list", "spring"),
        ],
        merges=[
            {
                "old_customer_id": old,
                "current_customer_id": current,
                "valid_from": at("2026-09-01"),
            }
            for old, current in (("old", "A"), ("lost", "gone"))
        ],
    )
    wanted = ("pull_key", "customer_id", "is_in_both_arms", "is_identifiable")
    assert rows(warehouse, "fct_audience_pulls", *wanted) == {
        "cartera|1|1": ("A", True, True),
        "cartera|2|1": ("A", True, True),
        "cartera|3|1": ("A", False, True),
        "mailing|3|1": ("A", False, True),
        "cartera|4|1": (None, False, False),
    }


def test_zero_negative_and_huge_amounts_add_up_to_the_cent(warehouse: Warehouse) -> None:
    # 0 + 9,999,999,999.99 - 0.01 = 9,999,999,999.98. Nothing paid is an order all the same.
    run(
        warehouse,
        [
            order("zero", "2026-09-01 10:00", "0", "A"),
            order("huge", "2026-09-02 10:00", "9999999999.99", "A"),
            order("negative", "2026-09-03 10:00", "-0.01", "A"),
        ],
    )
    assert rows(warehouse, "customer_360", "customer_id", "orders", "net_revenue") == {
        "A": (3, Decimal("9999999999.98"))
    }


def test_a_product_may_be_sold_before_it_is_launched_and_without_being_known(
    warehouse: Warehouse,
) -> None:
    # The day of launch is a note of the catalogue: it takes nothing from what was sold.
    line = {"source_system": "till", "order_id": "1", "quantity": Decimal(1)}
    run(
        warehouse,
        [order("1", "2026-09-01 10:00", "30", "A")],
        products=[
            {
                "source_system": "till",
                "product_id": "early",
                "launched_on": date(2026, 10, 1),
                "unit_cost": Decimal(4),
            }
        ],
        order_lines=[
            line | {"line_id": "1", "product_id": "early", "gross_amount": Decimal(10)},
            line | {"line_id": "2", "product_id": "unknown", "gross_amount": Decimal(20)},
        ],
    )
    assert rows(warehouse, "product_kpis", "product_id", "orders", "units", "net_revenue") == {
        "early": (1, 1, Decimal("10.00")),
        "unknown": (1, 1, Decimal("20.00")),
    }
    # What one line cost is not known, so what the order cost is not either.
    assert rows(warehouse, "fct_orders", "order_id", "cost_of_goods", "contribution") == {
        "1": (None, None)
    }


def test_orders_at_as_of_and_after_are_ignored_and_counted(warehouse: Warehouse) -> None:
    # as_of is a midnight in Madrid, 23:00 UTC of the day before.
    run(
        warehouse,
        [
            order("last", "2026-10-31 22:59:59", "10", "A"),
            order("at", "2026-10-31 23:00:00", "10", "A"),
            order("after", "2030-01-01 00:00:00", "10", "B"),
        ],
    )
    assert rows(warehouse, "fct_orders", "order_id", "customer_id") == {"last": ("A",)}
    assert rows(warehouse, "fact_counts", "source_name", "facts", "after_as_of") == {
        "orders": (3, 2)
    }
    assert rows(warehouse, "dim_customers", "customer_id") == {"A": ()}
