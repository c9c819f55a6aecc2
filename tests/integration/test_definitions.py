"""The numbers of the demo company are those of the definitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from tests.integration import definitions
from tests.integration.conftest import Built
from tests.oracle.facts import Facts
from tests.oracle.rfm import rfm
from tests.oracle.tables import TABLES, Table
from tests.oracle.web import Web


@pytest.fixture(scope="module")
def db(demo: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def facts(demo: Built, db: duckdb.DuckDBPyConnection) -> Facts:
    return Facts(definitions.company(demo, db))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_number_of_the_demo_is_as_defined(
    table: Table, facts: Facts, db: duckdb.DuckDBPyConnection
) -> None:
    assert definitions.disagreements(table, facts, db) == []


def test_the_demo_has_what_the_definitions_are_about(facts: Facts) -> None:
    assert sum(order["refunded_amount"] != 0 for order in facts.orders) > 20
    assert any(order["is_fully_refunded"] for order in facts.orders)
    assert len({order["fx_rate"] for order in facts.orders}) > 10
    assert len({row["rfm_segment"] for row in facts.of(rfm).values()}) > 6
    known = Counter(session["identified_by"] for session in facts.of(Web).sessions.values())
    assert min(known[how] for how in ("login", "earlier_login", "later_login", None)) > 5


def test_orders_after_as_of_are_ignored_and_counted(demo: Built, facts: Facts) -> None:
    after = sum(row["ordered_at"] >= facts.company.end for row in facts.company.latest("orders"))
    assert after > 20
    (report,) = demo.reports
    assert report.counts["orders_after_as_of"] == after
    assert report.counts["orders_out"] == len(facts.orders)


@pytest.mark.parametrize(
    ("table", "source", "moment", "some_are_nobodys"),
    [
        ("fct_orders", "orders", "ordered_at", True),
        ("fct_refunds", "orders", "ordered_at", False),
        ("fct_campaign_messages", "campaign_messages", "event_at", False),
        ("fct_consents", "consents", "occurred_at", False),
        ("fct_audience_pulls", "audience_pulls", "pulled_at", False),
        ("fct_interactions", "interactions", "occurred_at", False),
        ("fct_service_cases", "service_cases", "opened_at", False),
        ("fct_survey_responses", "survey_responses", "sent_at", False),
        ("fct_profile_answers", "profile_answers", "answered_at", False),
        ("fct_quotes", "quotes", "quoted_at", False),
    ],
)
def test_facts_of_nobody_are_counted_and_all_others_find_a_customer(
    table: str,
    source: str,
    moment: str,
    some_are_nobodys: bool,
    facts: Facts,
    db: duckdb.DuckDBPyConnection,
) -> None:
    if table == "fct_orders":
        customers = [order["customer_id"] for order in facts.orders]
    elif table == "fct_refunds":
        customers = [refund["customer_id"] for refund in facts.refunds]
    else:
        company = facts.company
        rows = company.latest(source)
        customers = [company.customer(row) for row in rows if row[moment] < company.end]
    assert len(customers) > 30
    found = db.execute(
        f"select count(*), count(customer_id), count(*) filter (is_identifiable), "
        f"count(*) filter (customer_id in (select customer_id from warehouse.core.dim_customers)) "
        f"from warehouse.core.{table}"
    ).fetchone()
    known = sum(customer is not None for customer in customers)
    assert found == (len(customers), known, known, known)
    assert (known < len(customers)) is some_are_nobodys or not some_are_nobodys
