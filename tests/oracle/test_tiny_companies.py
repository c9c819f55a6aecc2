"""The models and the definitions agree on whatever company hypothesis comes up with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pprint import pformat
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.company import MADRID, Company
from tests.oracle.compiled import Project
from tests.oracle.facts import Facts
from tests.oracle.tables import TABLES, differences
from tests.oracle.tiny import DAYS, Maker
from tests.oracle.warehouse import Warehouse

EXAMPLES = 50

Open = Callable[[date], Warehouse]


@pytest.fixture(scope="module")
def warehouse(project: Project) -> Open:
    """A warehouse of a day: planning all models costs more than running them, and a gigabyte."""

    @lru_cache(maxsize=1)
    def of_day(day: date) -> Warehouse:
        return Warehouse(project.behind(table.name for table in TABLES), day, MADRID)

    return of_day


def disagreements(warehouse: Warehouse, company: Company) -> list[str]:
    """Where the models' tables are not those of the definitions."""
    warehouse.load(company)
    warehouse.run()
    facts = Facts(company)
    return [
        difference
        for table in TABLES
        for difference in differences(table, facts, warehouse.rows(table.name, table.wanted))
    ]


def smallest(warehouse: Warehouse, company: Company) -> Company:
    """The company without all rows that a disagreement does not need."""
    for source in company.landed:
        for row in list(company.landed[source]):
            left = [other for other in company.landed[source] if other is not row]
            without = replace(company, landed={**company.landed, source: left})
            if disagreements(warehouse, without):
                company = without
    return company


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_number_is_as_defined(day: date, warehouse: Open) -> None:
    # What fails is made smaller row by row, which tells more than smaller random numbers.
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random=st.randoms(use_true_random=False))
    def check(random: Random) -> None:
        company = Maker(random, day).company()
        if disagreements(warehouse(day), company):
            company = smallest(warehouse(day), company)
            rows = {source: rows for source, rows in company.landed.items() if rows}
            wrong = disagreements(warehouse(day), company)
            raise AssertionError(pformat([*wrong, rows, company.truth], width=120))

    check()


def test_a_company_without_any_row_has_no_numbers(warehouse: Open) -> None:
    day = DAYS[0]
    assert disagreements(warehouse(day), Company(day, {}, {}, {})) == []


def test_a_source_without_any_row_takes_nothing_from_the_others(warehouse: Open) -> None:
    day = DAYS[0]
    companies = [Maker(Random(seed), day).company() for seed in range(20)]
    made = {source for company in companies for source, rows in company.landed.items() if rows}
    assert {"orders", "order_lines", "products", "web_events", "campaign_messages"} < made
    for source in sorted(made):
        company = next(company for company in companies if company.landed.get(source))
        without = replace(company, landed={**company.landed, source: []})
        assert disagreements(warehouse(day), without) == [], source


def test_a_company_of_one_customer_has_all_its_numbers(warehouse: Open) -> None:
    day = DAYS[0]
    company = next(
        company
        for company in (Maker(Random(seed), day).company() for seed in range(20))
        if company.landed.get("orders") and company.golden
    )
    one = min(company.golden)
    alone = replace(
        company,
        truth=dict.fromkeys(company.truth, one),
        golden={one: company.golden[one]},
        merges=[],
    )
    assert disagreements(warehouse(day), alone) == []
    (buyer,) = warehouse(day).rows("customer_rfm", ("customer_id",))
    assert buyer == (one,)
